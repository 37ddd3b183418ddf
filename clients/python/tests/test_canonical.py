"""Canonical JSON against the values of RFC 8785 and what ECMAScript writes."""
import struct
import unittest

from countersign.canonical import canonicalize, digest_json, is_same_json, number

#: RFC 8785, appendix B: IEEE 754 bits in hex, and the text.
NUMBERS = {
    "0000000000000000": "0",
    "8000000000000000": "0",
    "0000000000000001": "5e-324",
    "8000000000000001": "-5e-324",
    "7fefffffffffffff": "1.7976931348623157e+308",
    "ffefffffffffffff": "-1.7976931348623157e+308",
    "4340000000000000": "9007199254740992",
    "c340000000000000": "-9007199254740992",
    "4430000000000000": "295147905179352830000",
    "44b52d02c7e14af5": "9.999999999999997e+22",
    "44b52d02c7e14af6": "1e+23",
    "44b52d02c7e14af7": "1.0000000000000001e+23",
    "444b1ae4d6e2ef4e": "999999999999999700000",
    "444b1ae4d6e2ef4f": "999999999999999900000",
    "444b1ae4d6e2ef50": "1e+21",
    "3eb0c6f7a0b5ed8c": "9.999999999999997e-7",
    "3eb0c6f7a0b5ed8d": "0.000001",
    "41b3de4355555553": "333333333.3333332",
    "41b3de4355555554": "333333333.33333325",
    "41b3de4355555555": "333333333.3333333",
    "41b3de4355555556": "333333333.3333334",
    "41b3de4355555557": "333333333.33333343",
    "becbf647612f3696": "-0.0000033333333333333333",
    "43143ff3c1cb0959": "1424953923781206.2",
}


class Canonical(unittest.TestCase):
    def test_numbers_are_written_as_ecmascript_writes_them(self) -> None:
        for bits, text in NUMBERS.items():
            with self.subTest(bits):
                self.assertEqual(number(struct.unpack(">d", bytes.fromhex(bits))[0]), text)

    def test_whole_numbers_are_those_that_a_double_holds(self) -> None:
        self.assertEqual(canonicalize([1, 1.0, -0.0, 10**20, 10**21]), "[1,1,0,100000000000000000000,1e+21]")
        for wrong in (2**53 + 1, 10**400, float("nan"), float("inf")):
            with self.assertRaises(ValueError):
                canonicalize(wrong)

    def test_members_are_sorted_by_utf16_code_units(self) -> None:
        # RFC 8785, 3.2.3
        value = {"€": 1, "\r": 2, "\ufb33": 3, "1": 4, "😀": 5, "\x80": 6, "ö": 7}
        self.assertEqual(canonicalize(value), '{"\\r":2,"1":4,"\x80":6,"ö":7,"€":1,"😀":5,"\ufb33":3}')

    def test_texts_are_escaped_as_little_as_can_be(self) -> None:
        self.assertEqual(canonicalize("\u20ac$\x0f\nA'\x42\x22\x5c\\\"/\x7f"), '"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/\x7f"')
        with self.assertRaises(ValueError):
            canonicalize("\ud800")

    def test_only_json_has_a_text(self) -> None:
        for wrong in (object(), {1: 2}, b"bytes", {1, 2}):
            with self.assertRaises(TypeError):
                canonicalize(wrong)
        self.assertEqual(canonicalize((True, False, None, [])), "[true,false,null,[]]")

    def test_digests_and_sameness(self) -> None:
        empty = "sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"
        self.assertEqual(digest_json({}), empty)
        self.assertTrue(is_same_json({"a": 1.0, "b": "x"}, {"b": "x", "a": 1}))
        self.assertFalse(is_same_json({"a": 1}, {"a": True}))


if __name__ == "__main__":
    unittest.main()
