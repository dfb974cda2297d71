"""JSON as strictly as a medical record deserves: UTF-8, no NaN, no member twice, no endless nesting.

Two readers of a text that holds a member twice may disagree about which one counts, so that such a text is refused.
Checking costs as much as reading, so that it is done where something is read from: the frame of a call, each order, and
each resource that is used.
"""

import re

import jiter

_PLACE = re.compile(r" at line (\d+) column (\d+)$")
_TWICE = re.compile(r"^Detected duplicate key .*$", re.DOTALL)
"""What the reader says of a member that stands twice; its name is not repeated, since anything could stand there."""
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
