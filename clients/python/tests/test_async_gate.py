"""`gate` with asyncio against the real server: waiting, cancelling, streams."""
import asyncio
import unittest
from typing import Any, List

from countersign import CancelledError, RejectedError, TimeoutError, ask_human, confirm, gate

from .server import asking_async, decide_when_asked, needs_server, payment, unique


@needs_server
class AsyncGate(unittest.IsolatedAsyncioTestCase):
    async def asyncSetUp(self) -> None:
        self.client = asking_async()

    async def asyncTearDown(self) -> None:
        await self.client.close()

    async def decide(self, word: str, **decision: Any) -> Any:
        return await asyncio.to_thread(decide_when_asked, word, **decision)

    async def test_a_decorated_coroutine_runs_once_approved_many_at_a_time(self) -> None:
        ran: List[str] = []

        @gate(self.client, "pay")
        async def pay(to: str, cents: int, rate: float) -> int:
            ran.append(to)
            return cents

        calls = [payment() for _ in range(12)]
        tasks = [asyncio.ensure_future(pay(**call)) for call in calls]
        for call in calls:
            await self.decide(call["to"], decision="approved", arguments={**call, "cents": 1})
        self.assertEqual(await asyncio.gather(*tasks), [1] * 12)
        self.assertEqual(sorted(ran), sorted(call["to"] for call in calls))

        with self.assertRaises(TypeError):
            gate(self.client, "pay")(lambda to: to)

    async def test_rejected_as_a_block(self) -> None:
        call = payment()

        async def block() -> None:
            async with gate(self.client, "pay", call):
                raise AssertionError("must not run")

        task = asyncio.ensure_future(block())
        await self.decide(call["to"], decision="rejected", reason="No")
        with self.assertRaises(RejectedError):
            await task

    async def test_a_cancelled_task_withdraws_its_approval(self) -> None:
        call = payment()

        async def block() -> None:
            async with gate(self.client, "pay", call):
                raise AssertionError("must not run")

        task = asyncio.ensure_future(block())
        asked = await self.decide(call["to"])
        task.cancel()
        with self.assertRaises(asyncio.CancelledError):
            await task
        self.assertEqual((await self.client.approvals.get(asked["id"]))["status"], "cancelled")

    async def test_cancelled_in_the_middle_of_asking_leaves_nothing_pending(self) -> None:
        for passes in range(1, 9):
            call = payment()
            task = asyncio.ensure_future(self._pass(call))
            for _ in range(passes):
                await asyncio.sleep(0.001)
            task.cancel()
            with self.assertRaises(asyncio.CancelledError):
                await task
            left = [one async for one in self.client.approvals.iterate(status="pending", tool="pay")]
            wholes = [await self.client.approvals.get(one["id"]) for one in left]
            self.assertNotIn(call["to"], str([whole["arguments"] for whole in wholes]))

    async def _pass(self, call: Any) -> Any:
        async with gate(self.client, "pay", call) as passed:
            return passed

    async def test_wait_for_and_withdrawn_by_another(self) -> None:
        with self.assertRaises((asyncio.TimeoutError, TimeoutError)):
            await asyncio.wait_for(self._pass(payment()), 0.3)
        call = payment()
        task = asyncio.ensure_future(self._pass(call))
        asked = await self.decide(call["to"])
        await self.client.approvals.cancel(asked["id"], reason="Not needed")
        with self.assertRaises(CancelledError):
            await task

    async def test_confirm_and_ask_human(self) -> None:
        title = unique("Deploy")
        task = asyncio.ensure_future(confirm(self.client, title))
        await self.decide(title, decision="approved")
        self.assertIsNone((await task).output)
        title = unique("How many?")
        asking = asyncio.ensure_future(ask_human(self.client, title, {"type": "integer"}))
        await self.decide(title, decision="approved", response=3)
        self.assertEqual((await asking).response, 3)

    async def test_events_come_as_they_happen_and_after_a_known_one(self) -> None:
        first = await self.client.approvals.ask(title=unique("First"))
        stream = self.client.events.stream(types=["approval.requested"])
        coming = asyncio.ensure_future(stream.__anext__())
        ids: List[str] = []
        while not coming.done():  # It begins when it is open: so ask until it is.
            ids.append((await self.client.approvals.ask(title=unique("Open?")))["id"])
            await asyncio.wait([coming], timeout=0.2)
        event = await coming
        self.assertIn(event["subject"], ids)
        await stream.aclose()  # type: ignore[attr-defined]
        await self.client.approvals.cancel(first["id"])
        again = self.client.events.stream(after=event["id"])
        async for later in again:
            if later["type"] == "approval.cancelled" and later["subject"] == first["id"]:
                break
        await again.aclose()  # type: ignore[attr-defined]


if __name__ == "__main__":
    unittest.main()
