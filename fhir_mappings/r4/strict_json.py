"""JSON as strictly as a medical record deserves: UTF-8, no NaN, no member twice, no endless nesting.

What two readers read differently is refused, whichever reads it later: numbers beyond a double (IEEE 754, as RFC 8259,
6, advises), and halves of surrogate pairs, which are no text.

Two readers of a text that holds a member twice may disagree about which one counts, so that such a text is refused.
Checking costs as much as reading, so that it is done where something is read from: the frame of a call, each order, and
each resource that is used.
"""

import re
from math import isinf

import jiter

_PLACE = re.compile(r" at line (\d+) column (\d+)$")
_TWICE = re.compile(r"^Detected duplicate key .*$", re.DOTALL)
"""What the reader says of a member that stands twice; its name is not repeated, since anything could stand there."""
_SHAPES = bytes(
    ord("0") if chr(byte) in "0123456789+-" else ord("e") if chr(byte) in "eE" else 32 for byte in range(256)
)
"""What a number is made of, one for all of a kind: a text in these shapes is searched without reading it.

A sign counts as a digit, so that one search finds every exponent that may have three digits.
"""
_HUGE_EXPONENT = b"0e000"
_BEFORE_A_NUMBER = (b":", b"[", b",")
_LONGEST = 400
"""How far back the beginning of a number is looked for: one that is longer is held to be huge, and looked at."""
_MAY_BE_HALF = re.compile(rb"\\u[dD][89a-fA-F]")
_TEXT = re.compile(rb'"(?:[^"\\]|\\.)*+"', re.DOTALL)
_NUMBER = re.compile(rb"-?[0-9]+(?:\.[0-9]+)?(?:[eE]([+-]?[0-9]+))?")
_PAIR = re.compile(rb"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}")
_MOST_DIGITS = 308
"""The exponents, and the digits before the point, that a double can have."""
_TOO_MANY_DIGITS = b"0" * (_MOST_DIGITS + 1)
_NO_BRACKET = bytes(byte for byte in range(256) if byte not in b'{}[]"')
_NO_TEXT = b'""'
_ONE_KIND = bytes.maketrans(b"{}", b"[]")


class JsonError(ValueError):
    """A text that is no acceptable JSON; says why and where (line and column from 1, or 0)."""

    def __init__(self, reason: str, line: int = 0, column: int = 0) -> None:
        self.reason = reason
        self.line = line
        self.column = column
        super().__init__(f"{reason} (line {line}, column {column})" if line else reason)


class DepthError(JsonError):
    """A text that is nested deeper than allowed."""


def check(text: bytes) -> None:
    """Raise JsonError if a text is no JSON, is not UTF-8, holds NaN or infinity, or has a member twice."""
    check_values(text)
    check_members(text)


def check_members(text: bytes) -> None:
    """Do the same but for huge numbers and halves of pairs: `check_values` was asked about a text that this is of."""
    try:
        jiter.from_json(text, allow_inf_nan=False, catch_duplicate_keys=True, cache_mode="keys")
    except ValueError as error:
        found = _PLACE.search(str(error))
        where = (int(found[1]), int(found[2])) if found else (0, 0)
        raise JsonError(_TWICE.sub("a member stands twice", _PLACE.sub("", str(error))), *where) from None


def check_encoding(text: bytes) -> None:
    """Raise JsonError if a text is not UTF-8; the readers skip what they do not need, and do not look at it."""
    try:
        text.decode("utf-8")
    except UnicodeDecodeError as error:
        raise JsonError(f"byte {error.start} is not UTF-8") from None


def check_values(text: bytes) -> None:
    """Raise JsonError if a text holds a number beyond a double, or half of a surrogate pair.

    Hardly any text has what may be either: the others are let through by one look.
    """
    shapes = text.translate(_SHAPES)
    may_be = _TOO_MANY_DIGITS in shapes or _HUGE_EXPONENT in shapes
    if may_be and _may_be_huge(text, shapes) and any(map(_is_huge, _NUMBER.finditer(_TEXT.sub(b'""', text)))):
        raise JsonError("a number is larger or smaller than numbers can be")
    # A single byte is found ten times as fast as two: hardly any text has a backslash.
    if b"\\" in text and _MAY_BE_HALF.search(text) and _MAY_BE_HALF.search(_PAIR.sub(b"", text.replace(b"\\\\", b""))):
        raise JsonError("a text holds half of a surrogate pair")


def _may_be_huge(text: bytes, shapes: bytes) -> bool:
    """Return whether a number with an exponent of three digits, or with 309 digits, may stand where values stand.

    Ids are full of what looks like an exponent (8e123): only what a number can stand after is taken for one.
    """
    if _TOO_MANY_DIGITS in shapes:
        return True
    at = shapes.find(_HUGE_EXPONENT)
    while at >= 0:
        if _begins_a_value(text[max(0, at + 1 - _LONGEST) : at + 1]):
            return True
        at = shapes.find(_HUGE_EXPONENT, at + 1)
    return False


def _begins_a_value(before: bytes) -> bool:
    """Return whether the digits at the end of a piece of text stand where a JSON value does, or may do so."""
    rest = before.rstrip(b"0123456789.+-").rstrip()
    return not rest or rest.endswith(_BEFORE_A_NUMBER)


def _is_huge(number: re.Match[bytes]) -> bool:
    written, exponent = number[0], number[1] or b"0"
    if len(exponent.lstrip(b"+-0")) > 3 or abs(int(exponent)) > _MOST_DIGITS:
        return True
    return isinf(float(written)) or len(written.partition(b".")[0].partition(b"e")[0]) > _MOST_DIGITS + 1


def check_depth(text: bytes, limit: int) -> None:
    """Raise DepthError if objects and lists are nested deeper than a limit, JsonError if their ends are missing.

    A text without a bracket in it leaves a pair of quotes, which can go: what follows stays inside or outside of a
    text as before. Each round then takes the innermost level away.
    """
    if b"\\" in text:
        text = text.replace(b"\\\\", b"").replace(b'\\"', b"")
    brackets = text.translate(_ONE_KIND, _NO_BRACKET).replace(_NO_TEXT, b"")
    if b'"' in brackets:
        brackets = b"".join(brackets.split(b'"')[::2])
    for _ in range(limit):
        if not brackets:
            return
        brackets = brackets.replace(b"[]", b"")
    if brackets.count(b"[") != brackets.count(b"]") or brackets.startswith(b"]"):
        raise JsonError("objects and lists do not end where they should")
    if brackets:
        raise DepthError(f"objects and lists are nested more than {limit} deep")


def check_depth_inside(text: bytes, start: int, end: int, limit: int) -> None:
    """Do the same for a JSON value in a text that was read already.

    A value with few brackets cannot be deep, whatever they are: most are let through by counting alone.
    """
    if text.count(b"{", start, end) + text.count(b"[", start, end) > limit:
        check_depth(text[start:end], limit)
