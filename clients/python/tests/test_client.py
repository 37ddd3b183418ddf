"""Every operation has its method; lists, errors, files, streams against the real server."""
import inspect
import json
import unittest
from pathlib import Path

from countersign import ApiError, AsyncClient, CallOptions, Client, ConnectionError, TimeoutError
from countersign._api.operations import OPERATIONS
from countersign.errors import ConflictError, ForbiddenError, InvalidError, NotFoundError, UnauthorizedError

from .server import URL, asking, deciding, needs_server, payment, unique

ROOT = Path(__file__).resolve().parents[3]


class Offline(unittest.TestCase):
    def test_there_is_a_method_for_every_operation_of_the_document(self) -> None:
        document = json.loads((ROOT / "openapi.json").read_text("utf-8"))
        named = {op["operationId"] for methods in document["paths"].values() for op in methods.values()}
        self.assertEqual(set(OPERATIONS), named)
        client, awaited = Client("http://127.0.0.1:1"), AsyncClient("http://127.0.0.1:1")
        for name, (_, _, resource, method) in OPERATIONS.items():
            own = "say" if name == "postMessageAndStream" else method
            with self.subTest(name):
                for each in (client, awaited):
                    self.assertTrue(callable(getattr(getattr(each, resource), own)))
        self.assertEqual(len({row[2:] for row in OPERATIONS.values()}), len(OPERATIONS))

    def test_only_the_standard_library_is_loaded(self) -> None:
        import sys

        ours = [module for name, module in list(sys.modules.items()) if name.split(".")[0] == "countersign"]
        for module in ours:
            for value in vars(module).values():
                if inspect.ismodule(value):
                    top = value.__name__.split(".")[0]
                    self.assertTrue(top in sys.stdlib_module_names or top == "countersign", value.__name__)

    def test_addresses_and_keys_that_can_not_be_meant(self) -> None:
        for wrong in ("ftp://x", "127.0.0.1:4400", "http://user:password@x", "http://x?y"):
            with self.assertRaises(ValueError):
                Client(wrong)
        with self.assertRaises(ValueError) as refused:
            Client("http://x", "csk_secret\n")
        self.assertNotIn("secret", str(refused.exception))
        self.assertNotIn("csk_x", repr(Client("http://x", "csk_x")._settings))
        with self.assertRaises(ValueError):
            Client("http://127.0.0.1:1", retries=0).approvals.get("..")

    def test_nobody_there(self) -> None:
        client = Client("http://127.0.0.1:1", retries=1)
        with self.assertRaises(ConnectionError) as error:
            client.approvals.get("apr_1")
        self.assertIsInstance(error.exception, OSError)


@needs_server
class Server(unittest.TestCase):
    def setUp(self) -> None:
        self.client = asking()
        self.addCleanup(self.client.close)

    def test_a_list_is_iterated_over_whole_each_item_once(self) -> None:
        checkpoint = unique("pages")
        asked = [self.client.approvals.ask(title=f"Page {n}", checkpoint=checkpoint)["id"] for n in range(11)]
        listed = [one["id"] for one in self.client.approvals.iterate(checkpoint=checkpoint, limit=3)]
        self.assertEqual(listed, asked[::-1])

    def test_the_same_key_gives_the_first_answer_and_another_body_is_refused(self) -> None:
        key, title = unique("key"), unique("Once")
        first = self.client.approvals.ask(title=title, idempotency_key=key)
        self.assertEqual(self.client.approvals.ask(title=title, idempotency_key=key)["id"], first["id"])
        with self.assertRaises(InvalidError) as error:
            self.client.approvals.ask(title="Other", idempotency_key=key)
        self.assertEqual(error.exception.code, "idempotency_key_reused")

    def test_refusals_are_errors_of_their_own_with_code_and_facts(self) -> None:
        with self.assertRaises(NotFoundError):
            self.client.approvals.get("apr_2m1NvKjv6h8q8Zl9r2W0mQe1d2E")
        with self.assertRaises(InvalidError) as invalid:
            self.client.approvals.ask(title="", priority="urgent")  # type: ignore[arg-type]
        self.assertEqual({one["pointer"] for one in invalid.exception.errors}, {"/title", "/priority"})
        with Client(URL, "csk_nobody") as nobody, self.assertRaises(UnauthorizedError):
            nobody.approvals.list()
        asked = self.client.approvals.ask(title=unique("Mine"))
        with self.assertRaises(ForbiddenError):
            self.client.approvals.decide(asked["id"], decision="approved", digest=asked["digest"])
        with deciding() as reviewer:
            reviewer.approvals.decide(asked["id"], decision="approved", digest=asked["digest"])
            with self.assertRaises(ConflictError) as conflict:
                reviewer.approvals.decide(asked["id"], decision="approved", digest=asked["digest"])
        self.assertEqual(conflict.exception.code, "already_decided")
        self.assertEqual(conflict.exception.facts["decision"]["outcome"], "approved")

    def test_receipts_verify_offline_and_the_reverse_of_null_is_left_out(self) -> None:
        from countersign import verify_receipt

        asked = self.client.approvals.ask(tool="pay", arguments=payment())
        with deciding() as reviewer:
            reviewer.approvals.decide(asked["id"], decision="rejected", digest=asked["digest"], reason="Zu viel: 4 €")
        verified = verify_receipt(self.client.approvals.receipt(asked["id"]), keys=self.client.receipts.keys())
        self.assertEqual(verified.statement["predicate"]["decision"]["reason"], "Zu viel: 4 €")
        self.assertEqual(verified.statement["subject"][0]["digest"]["sha256"], asked["digest"].removeprefix("sha256:"))

    def test_waiting_has_an_end(self) -> None:
        asked = self.client.approvals.ask(title=unique("Wait"))
        with self.assertRaises(TimeoutError) as over:
            self.client.approvals.wait(asked["id"], timeout_seconds=0.2)
        self.assertIn(over.exception.approval and over.exception.approval["status"], (None, "pending"))
        with self.assertRaises(TimeoutError):
            self.client.approvals.wait(asked["id"], timeout_seconds=0)
        self.assertEqual(self.client.approvals.get(asked["id"])["status"], "pending")

    def test_agents_executions_and_their_events_from_the_first_on(self) -> None:
        agent = self.client.agents.create(
            name=unique("Without a model"),
            config={"provider": "openai_compatible", "base_url": "https://model.invalid/v1", "model": "none"},
        )
        execution = self.client.agents.execute(agent["id"], input="Hello")
        types = []
        for event in self.client.executions.stream(execution["id"]):
            types.append(event["type"])
            if len(types) == 1:
                self.client.executions.cancel(execution["id"])
        self.assertEqual((types[0], types[-1]), ("execution.started", "execution.cancelled"))

    def test_reading_without_an_argument_works_for_all_that_this_key_may_read(self) -> None:
        read = 0
        for name, (method, path, resource, own) in OPERATIONS.items():
            if method != "GET" or "{" in path or name in ("streamEvents", "exportAudit", "getAuditProof"):
                continue
            try:
                getattr(getattr(self.client, resource), own)()
                read += 1
            except ApiError as error:
                self.assertIn(error.status, (401, 403), f"{name}: {error}")
        self.assertGreater(read, 12)

    def test_a_long_text_and_a_short_patience(self) -> None:
        asked = self.client.approvals.ask(title=unique("Long"), output="ä" * 100_000)
        self.assertEqual(self.client.approvals.get(asked["id"])["output"], "ä" * 100_000)
        with self.assertRaises((TimeoutError, ConnectionError)):
            options = CallOptions(timeout_seconds=0.000001, retries=0)
            self.client.approvals.get(asked["id"], options=options)


if __name__ == "__main__":
    unittest.main()
