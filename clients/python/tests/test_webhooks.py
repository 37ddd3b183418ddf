"""Webhooks by the Standard Webhooks specification."""
import base64
import hashlib
import hmac
import json
import unittest
from typing import Dict

from countersign import WebhookError, parse_webhook

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
BODY = '{"test": 2432232314}'
#: The example of the specification's own libraries.
HEADERS = {
    "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
    "webhook-timestamp": "1614265330",
    "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
}
NOW = 1614265330.0


def signed(body: str, secret: str = SECRET, at: int = int(NOW)) -> Dict[str, str]:
    key = base64.b64decode(secret[6:])
    mac = hmac.new(key, f"evt_1.{at}.{body}".encode(), hashlib.sha256).digest()
    signature = "v1," + base64.b64encode(mac).decode()
    return {"Webhook-Id": "evt_1", "Webhook-Timestamp": str(at), "Webhook-Signature": f"v1a,xxx {signature}"}


class Webhooks(unittest.TestCase):
    def test_the_example_of_the_specification_is_good(self) -> None:
        event = parse_webhook(BODY, HEADERS, secret=SECRET, now=NOW)
        self.assertEqual(event["id"], HEADERS["webhook-id"])

    def test_headers_of_any_case_bytes_and_a_secret_that_is_being_rotated(self) -> None:
        body = json.dumps({"type": "approval.decided", "timestamp": "2026-01-01T00:00:00Z", "data": {"subject": "apr_1"}})
        other = "whsec_" + base64.b64encode(b"x" * 32).decode()
        event = parse_webhook(body.encode(), signed(body), secret=[other, SECRET], now=NOW + 299)
        self.assertEqual((event["type"], event["data"]["subject"]), ("approval.decided", "apr_1"))

    def test_changed_old_unsigned_and_otherwise_signed_ones_are_refused(self) -> None:
        other = "whsec_" + base64.b64encode(b"x" * 32).decode()
        for body, headers, now in (
            (BODY + " ", HEADERS, NOW),
            (BODY, HEADERS, NOW + 301),
            (BODY, HEADERS, NOW - 301),
            (BODY, {**HEADERS, "webhook-timestamp": "1614265331"}, NOW),
            (BODY, {**HEADERS, "webhook-id": "other"}, NOW),
            (BODY, {**HEADERS, "webhook-signature": "v1,AAAA"}, NOW),
            (BODY, {**HEADERS, "webhook-signature": "v1," + "é"}, NOW),
            (BODY, {k: v for k, v in HEADERS.items() if k != "webhook-signature"}, NOW),
            (BODY, signed(BODY, other), NOW),
            ("no json", signed("no json"), NOW),
        ):
            with self.assertRaises(WebhookError):
                parse_webhook(body, headers, secret=SECRET, now=now)
        with self.assertRaises(ValueError):
            parse_webhook(BODY, HEADERS, secret="not one of ours", now=NOW)


if __name__ == "__main__":
    unittest.main()
