"""`gate`, `confirm`, `ask_human` against the real server, blocking."""
import threading
import unittest
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, Callable, Dict, List, Optional

from countersign import (
    AlreadyConsumedError,
    ExpiredError,
    RejectedError,
    TimeoutError,
    UnprovenError,
    ask_human,
    confirm,
    gate,
    look_at_gate,
    take_approved,
)

from .server import asking, decide_when_asked, deciding, needs_server, payment, unique


@needs_server
class Gate(unittest.TestCase):
    def setUp(self) -> None:
        self.client = asking()
        self.addCleanup(self.client.close)
        self.pool = ThreadPoolExecutor(4)
        self.addCleanup(self.pool.shutdown)

    def background(self, work: Callable[[], Any]) -> "Future[Any]":
        return self.pool.submit(work)

    def passing(self, call: Dict[str, Any], **options: Any) -> Any:
        with gate(self.client, "pay", call, **options) as passed:
            return passed

    def test_approved_goes_ahead_once_with_what_was_asked_for(self) -> None:
        call, key = payment(), unique("key")
        waiting = self.background(lambda: self.passing(call, key=key, title="Pay"))
        decided = decide_when_asked(call["to"], decision="approved")
        passed = waiting.result(60)
        self.assertEqual(passed.arguments, call)
        self.assertEqual(passed.approval["id"], decided["id"])
        self.assertIsNotNone(self.client.approvals.get(decided["id"])["consumed_at"])
        with self.assertRaises(AlreadyConsumedError):
            self.passing(call, key=key, title="Pay")

    def test_a_decorated_function_runs_with_the_arguments_that_the_reviewer_made_of_it(self) -> None:
        to = unique("acct")
        ran: List[Any] = []

        @gate(
            self.client,
            "pay",
            title=lambda arguments: f"Pay {arguments['cents']} to {arguments['to']}",
            key=lambda arguments: f"pay-{arguments['to']}",
            is_repeatable=True,
            approval_as="approval",
        )
        def pay(to: str, cents: int = 4000, *, approval: Optional[Any] = None, **more: str) -> str:
            """Pays."""
            ran.append((to, cents, more, approval["id"] if approval else None))
            return "paid"

        waiting = self.background(lambda: pay(to, note="rent"))
        edited = {"to": to, "cents": 3500, "note": "rent"}
        decided = decide_when_asked(to, decision="approved", arguments=edited)
        self.assertEqual(waiting.result(60), "paid")
        self.assertEqual(ran, [(to, 3500, {"note": "rent"}, decided["id"])])
        self.assertEqual(decided["title"], f"Pay 4000 to {to}")
        self.assertEqual(pay.__doc__, "Pays.")
        # Restarted between taking the approval and acting: said to be harmless, so it gets its arguments again.
        pay(to, note="rent")
        self.assertEqual(ran[1], ran[0])

    def test_arguments_without_a_name_can_not_be_gated(self) -> None:
        def wrong(*to: str) -> None: ...

        with self.assertRaises(TypeError):
            gate(self.client, "pay")(wrong)

    def test_rejected_says_why_and_runs_nothing(self) -> None:
        call = payment()
        ran: List[Any] = []

        def block() -> None:
            with gate(self.client, "pay", call) as passed:
                ran.append(passed)

        waiting = self.background(block)
        decide_when_asked(call["to"], decision="rejected", reason="Not this one")
        with self.assertRaises(RejectedError) as rejected:
            waiting.result(60)
        self.assertEqual(rejected.exception.reason, "Not this one")
        # The same is not asked for again.
        with self.assertRaises(RejectedError) as again:
            block()
        self.assertEqual(again.exception.reason, "Not this one")
        self.assertEqual(ran, [])

    def test_expired_and_out_of_time_are_errors_and_the_latter_withdraws(self) -> None:
        with self.assertRaises(ExpiredError):
            self.passing(payment(), approval_timeout_seconds=1)
        key, call = unique("key"), payment()
        with self.assertRaises(TimeoutError) as left:
            self.passing(call, key=key, timeout_seconds=0, leave_pending=True)
        assert left.exception.approval is not None
        id = left.exception.approval["id"]
        self.assertEqual(self.client.approvals.get(id)["status"], "pending")
        self.assertEqual(look_at_gate(self.client, "pay", call, key=key).outcome, "hold")
        with self.assertRaises(TimeoutError):
            self.passing(call, key=key, timeout_seconds=0.3)
        self.assertEqual(self.client.approvals.get(id)["status"], "cancelled")

    def test_after_a_restart_the_same_key_goes_on_waiting_for_the_same_approval(self) -> None:
        key, call = unique("key"), payment()
        with self.assertRaises(TimeoutError) as left:
            self.passing(call, key=key, timeout_seconds=0, leave_pending=True)
        assert left.exception.approval is not None
        decide_when_asked(call["to"], decision="approved")
        with asking() as restarted, gate(restarted, "pay", call, key=key) as passed:
            assert passed.approval is not None
            self.assertEqual(passed.approval["id"], left.exception.approval["id"])

    def test_a_receipt_of_a_key_that_is_not_trusted_lets_nothing_through(self) -> None:
        call = payment()
        waiting = self.background(lambda: self.passing(call, keys={"keys": []}))
        decided = decide_when_asked(call["to"], decision="approved")
        with self.assertRaises(UnprovenError):
            waiting.result(60)
        self.assertIsNone(self.client.approvals.get(decided["id"])["consumed_at"])

    def test_secrets_that_a_reviewer_does_not_see_come_back_to_who_acts(self) -> None:
        call = {**payment(), "note": "key: " + "AK" + "IA" + "QX7ZB2LM9TRW4KD5"}
        waiting = self.background(lambda: self.passing(call))
        seen = decide_when_asked(call["to"], decision="approved")
        self.assertNotIn(call["note"][5:], str(seen))
        self.assertEqual(waiting.result(60).arguments, call)

    def test_ctrl_c_withdraws(self) -> None:
        call = payment()
        asked = threading.Event()
        ids: List[str] = []

        def on_asked(approval: Any) -> None:
            ids.append(approval["id"])
            asked.set()
            raise KeyboardInterrupt

        # As a signal would, in the middle: before anything is waited for.
        with self.assertRaises(KeyboardInterrupt):
            self.passing(call, on_asked=on_asked)
        self.assertEqual(self.client.approvals.get(ids[0])["status"], "cancelled")

    def test_confirm_and_take_approved(self) -> None:
        title = unique("Deploy")
        waiting = self.background(lambda: confirm(self.client, title, output={"text": "Hello"}))
        decide_when_asked(title, decision="approved", output={"text": "Hello!"})
        self.assertEqual(waiting.result(60).output, {"text": "Hello!"})
        asked = self.client.approvals.ask(tool="pay", arguments=payment())
        decide_when_asked(asked["arguments"]["to"], decision="approved")  # type: ignore[index]
        approval = self.client.approvals.wait(asked["id"])
        self.assertEqual(take_approved(self.client, approval).arguments, asked["arguments"])
        with self.assertRaises(AlreadyConsumedError):
            take_approved(self.client, approval)

    def test_ask_human_gives_what_fits_the_form(self) -> None:
        title = unique("Which city?")
        question = {"type": "object", "properties": {"city": {"enum": ["Bonn", "Ulm"]}}, "required": ["city"]}
        waiting = self.background(lambda: ask_human(self.client, title, question))
        decide_when_asked(title, decision="approved", response={"city": "Ulm"})
        self.assertEqual(waiting.result(60).response, {"city": "Ulm"})
        declined = self.background(lambda: ask_human(self.client, title, question))
        decide_when_asked(title, decision="rejected", reason="None of both")
        with self.assertRaises(RejectedError):
            declined.result(60)

    def test_what_json_has_no_word_for_is_refused_before_anybody_is_asked(self) -> None:
        for wrong in ({"at": object()}, {"n": float("nan")}, {"n": 2**60 + 1}):
            with self.assertRaises((TypeError, ValueError)):
                self.passing(wrong)

    def test_many_threads_share_a_client(self) -> None:
        calls = [payment() for _ in range(4)]
        waiting = [self.background(lambda call=call: self.passing(call)) for call in calls]  # type: ignore[misc]
        for call in calls:
            decide_when_asked(call["to"], decision="approved")
        self.assertEqual([one.result(60).arguments for one in waiting], calls)
        with deciding() as reviewer:
            self.assertEqual([one for one in reviewer.approvals.iterate(status="pending", tool="none")], [])


if __name__ == "__main__":
    unittest.main()
