"""Runs the `python` blocks of a document as one program, while a reviewer approves whatever it asks.

    python3 -m tests.run_blocks FILE
"""
import re
import sys
import threading
from typing import Any, Dict

from countersign import ApiError

from .server import deciding

#: What fits the forms that the documents ask with.
ANSWERS: Dict[str, Any] = {"city": "Ulm"}


def review(is_over: threading.Event) -> None:
    with deciding() as reviewer:
        while not is_over.wait(0.2):
            for one in reviewer.approvals.list(status="pending", limit=200)["data"]:
                approval = reviewer.approvals.get(one["id"])
                answer: Dict[str, Any] = {"response": ANSWERS} if approval["response_schema"] else {}
                try:
                    reviewer.approvals.decide(approval["id"], decision="approved", digest=approval["digest"], **answer)
                except ApiError as error:
                    if error.code != "already_decided":
                        raise


def main(path: str) -> None:
    with open(path, encoding="utf-8") as file:
        blocks = re.findall(r"^```python\n(.*?)^```$", file.read(), re.S | re.M)
    if not blocks:
        raise SystemExit(f"no block in {path}")
    is_over = threading.Event()
    reviewer = threading.Thread(target=review, args=(is_over,))
    reviewer.start()
    try:
        exec(compile("\n".join(blocks), path, "exec"), {"__name__": "__main__"})
    finally:
        is_over.set()
        reviewer.join()
    print(f"ran {len(blocks)} blocks")


if __name__ == "__main__":
    main(sys.argv[1])
