"""The clients for programs that were written for other systems, against the dialects of the real server."""
import unittest
from typing import Any, Dict

import countersign.compat.agentflow as af
from countersign.compat.promptrails import (
    AsyncPromptRails,
    ForbiddenError,
    NotFoundError,
    PromptRails,
    UnauthorizedError,
    ValidationError,
)

from .server import ASKING_KEY, DECIDING_KEY, URL, asking, needs_server, unique


def asked(**fields: Any) -> Dict[str, Any]:
    with asking() as client:
        return dict(client.approvals.ask(**fields))


@needs_server
class PromptRailsCalls(unittest.TestCase):
    def test_answers_are_read_as_dicts_and_by_attribute(self) -> None:
        checkpoint = unique("checkpoint")
        approval = asked(title=unique("Answer"), output="Dear customer", checkpoint=checkpoint)
        with PromptRails(api_key=DECIDING_KEY, base_url=URL) as client:
            page = client.approvals.list(status="pending", checkpoint_name=checkpoint, limit=5)
            (one,) = page["data"]
            self.assertEqual((one.id, one["payload"], page.meta.total), (approval["id"][4:], "Dear customer", 1))
            decided = client.approvals.decide(approval_id=one.id, decision="approved", reason="Accurate")
            self.assertEqual((decided.status, decided.reason), ("approved", "Accurate"))
            with self.assertRaises(ValidationError) as again:
                client.approvals.decide(one.id, decision="rejected")
            self.assertEqual(again.exception.status, 400)
            with self.assertRaises(NotFoundError):
                client.approvals.get("2m1NvKjv6h8q8Zl9r2W0mQe1d2E")
            with self.assertRaises(AttributeError):
                decided.no_such_member
        with PromptRails(api_key=ASKING_KEY, base_url=f"{URL}/compat/promptrails") as other:
            with self.assertRaises(ForbiddenError):
                other.approvals.decide(one.id, decision="rejected")
        with PromptRails(api_key="csk_nobody", base_url=URL) as nobody, self.assertRaises(UnauthorizedError):
            nobody.approvals.list()

    def test_agents_and_their_versions(self) -> None:
        with PromptRails(api_key=ASKING_KEY, base_url=URL) as client:
            agent = client.agents.create(name=unique("Support"))
            client.agents.create_version(agent.id, config={"provider": "openai", "model": "gpt-5"})
            config = {"approval_required": True, "checkpoint_name": "review_response", "temperature": 0.7}
            version = client.agents.create_version(agent_id=agent.id, config=config, message="Reviewed")
            self.assertTrue(version.config["approval_required"])
            versions = client.agents.list_versions(agent.id)
            self.assertIn(version.id, [one.id for one in versions.data])
            self.assertEqual(client.agents.promote_version(agent.id, version.id).id, version.id)
            self.assertEqual(client.executions.list(agent_id=agent.id)["data"], [])


@needs_server
class ForAsyncio(unittest.IsolatedAsyncioTestCase):
    async def test_promptrails(self) -> None:
        approval = asked(title=unique("Answer"), output="Dear customer")
        async with AsyncPromptRails(api_key=DECIDING_KEY, base_url=URL) as client:
            decided = await client.approvals.decide(approval["id"][4:], decision="rejected")
            self.assertEqual((await client.approvals.get(decided.id)).status, "rejected")

    async def test_agentflow(self) -> None:
        tool = unique("send").replace("-", "_")
        first, second = (asked(tool=tool, arguments={"to": "ada@example.com", "n": n}) for n in (1, 2))
        af.configure(base_url=URL, api_key=DECIDING_KEY)
        pending = await af.Approval.list_pending(tool_name=tool)
        self.assertEqual({one.id for one in pending}, {f"appr_{each['id'][4:]}" for each in (first, second)})
        approval = await af.Approval.get(f"appr_{first['id'][4:]}")
        await approval.approve(reason="Looks good", modified_arguments={"to": "ada@example.com", "n": 3})
        self.assertEqual((approval.status, approval.arguments["n"], approval.reason), ("approved", 3, "Looks good"))
        self.assertIsNone(approval.expires_at)
        outcome = await af.Approval.bulk_respond([{"id": f"appr_{second['id'][4:]}", "action": "deny"}, {"id": "appr_no"}])
        self.assertEqual([one.success for one in outcome.results], [True, False])
        stats = await af.Approval.get_stats(tool_id=tool)
        self.assertEqual((stats["approved"], stats["denied"]), (1, 1))
        client = af.AgentFlow(api_key=DECIDING_KEY, base_url=URL)
        self.assertGreaterEqual((await client.approvals.get_summary())["total"], 2)
        await client.close()
        assert af._default is not None
        await af._default.close()


if __name__ == "__main__":
    unittest.main()
