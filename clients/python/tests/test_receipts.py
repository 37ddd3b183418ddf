"""Receipts and signatures, offline: the vectors of RFC 8032, of docs/spec/receipt.md, and of Node's own crypto."""
import base64
import hashlib
import json
import os
import re
import unittest
from pathlib import Path
from typing import Any, Dict

from countersign import ReceiptError, verify_receipt
from countersign._ed25519 import verify
from countersign._public_keys import verify as verify_with

ROOT = Path(__file__).resolve().parents[3]

#: RFC 8032, 7.1: public key, message, signature.
ED25519 = [
    (
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        b"",
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
    ),
    (
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        b"\x72",
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
    ),
    (
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
        b"\xaf\x82",
        "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a",
    ),
]

ORDER = 2**252 + 27742317777372353535851937790883648493


def block(name: str) -> str:
    text = (ROOT / "docs/spec/receipt.md").read_text("utf-8")
    found = re.search(rf"```\w+ vector={name}\n(.*?)\n```", text, re.S)
    assert found is not None
    return found[1]


class Signatures(unittest.TestCase):
    def test_the_vectors_of_rfc_8032_are_good(self) -> None:
        for key, message, signature in ED25519:
            self.assertTrue(verify(bytes.fromhex(key), bytes.fromhex(signature), message))

    def test_whatever_is_changed_is_bad(self) -> None:
        for key, message, signature in ED25519:
            good = bytes.fromhex(signature)
            self.assertFalse(verify(bytes.fromhex(key), good, message + b"!"))
            for at in (0, 31, 32, 63):
                bad = bytearray(good)
                bad[at] ^= 1
                self.assertFalse(verify(bytes.fromhex(key), bytes(bad), message))
            # s + L is another spelling of the same (RFC 8032, 8.4).
            scalar = int.from_bytes(good[32:], "little") + ORDER
            self.assertFalse(verify(bytes.fromhex(key), good[:32] + scalar.to_bytes(32, "little"), message))
            self.assertFalse(verify(bytes.fromhex(key)[:31], good, message))

    def test_keys_that_are_no_points_verify_nothing(self) -> None:
        self.assertFalse(verify(b"\x02" + b"\x00" * 31, b"\x00" * 64, b""))
        self.assertFalse(verify(b"\xff" * 32, b"\x00" * 64, b""))


class Receipts(unittest.TestCase):
    def setUp(self) -> None:
        self.keys: Dict[str, Any] = json.loads(block("jwks"))
        self.receipt = block("receipt")

    def test_the_receipt_of_the_specification_verifies(self) -> None:
        verified = verify_receipt(self.receipt, keys=self.keys)
        self.assertEqual(verified.kid, self.keys["keys"][0]["kid"])
        self.assertEqual(verified.statement["predicate"]["decision"]["outcome"], "approved")
        self.assertEqual([vote.proved_by for vote in verified.votes], ["operator"])

    def test_T54_another_payload_header_key_or_spelling_is_refused(self) -> None:
        header, payload, signature = self.receipt.split(".")
        statement = json.loads(base64.urlsafe_b64decode(payload + "=="))
        statement["predicate"]["decision"]["outcome"] = "rejected"
        forged = base64.urlsafe_b64encode(json.dumps(statement).encode()).rstrip(b"=").decode()
        nobody = base64.urlsafe_b64encode(b'{"alg":"none"}').rstrip(b"=").decode()
        for wrong in (
            f"{header}.{forged}.{signature}",
            f"{nobody}.{payload}.",
            f"{nobody}.{payload}.{signature}",
            f"{header}.{payload}",
            f"{header}.{payload}.{signature}=",
            f"{header}.{payload}.{signature[:-1]}B",
            self.receipt + " ",
            "",
            "{}",
        ):
            with self.subTest(wrong[:20]), self.assertRaises(ReceiptError):
                verify_receipt(wrong, keys=self.keys)

    def test_keys_that_are_not_known_twice_there_or_of_another_time_are_refused(self) -> None:
        (key,) = self.keys["keys"]
        for keys in (
            [],
            [key, key],
            [{**key, "x": "AAAA" + key["x"][4:]}],
            [{**key, "valid_from": "2030-01-01T00:00:00.000Z"}],
            [{**key, "retired_at": "2026-01-02T00:00:00.000Z"}],
            [{**key, "more": 1}],
        ):
            with self.assertRaises(ReceiptError):
                verify_receipt(self.receipt, keys={"keys": keys})
        with self.assertRaises(ReceiptError):
            verify_receipt(self.receipt)

    @unittest.skipUnless("COUNTERSIGN_VECTORS" in os.environ, "run by test/python.db.test.ts, which makes them")
    def test_what_the_typescript_verifier_takes_and_refuses_this_one_does_too(self) -> None:
        vectors = json.loads(Path(os.environ["COUNTERSIGN_VECTORS"]).read_text("utf-8"))
        self.assertGreater(len(vectors["receipts"]), 10)
        for one in vectors["receipts"]:
            with self.subTest(one["name"]):
                if one["ok"]:
                    verified = verify_receipt(one["receipt"], keys=vectors["keys"])
                    self.assertEqual([vote.proved_by for vote in verified.votes], one["proved_by"])
                else:
                    with self.assertRaises(ReceiptError):
                        verify_receipt(one["receipt"], keys=vectors["keys"])
        for one in vectors["signatures"]:
            key, signature = bytes.fromhex(one["spki"]), bytes.fromhex(one["signature"])
            message = bytes.fromhex(one["message"])
            with self.subTest(one["name"]):
                self.assertTrue(verify_with(key, signature, message))
                self.assertFalse(verify_with(key, signature, message + b"!"))
                self.assertFalse(verify_with(key, signature[:-1] + bytes([signature[-1] ^ 1]), message))


if __name__ == "__main__":
    unittest.main()
