"""The body of a call: unpacked within the limits, and checked to be JSON before anything is read from it."""

import zlib
from dataclasses import dataclass
from typing import Any

import msgspec

from fhir_mappings.r4 import strict_json
from hooks.protocol.errors import EncodingError, Issue, NotJsonError, TooLargeError
from hooks.request.bundle_split import Framed, framed

_GZIP = 16 + zlib.MAX_WBITS


@dataclass(frozen=True, slots=True)
class Limits:
    """How much a call may hold.

    Bytes of the body (also after unpacking), depth of objects and lists, orders, and entries of its prefetch.
    """

    max_bytes: int
    max_depth: int
    max_orders: int = 100
    max_entries: int = 50_000


def too_large(limits: Limits) -> TooLargeError:
    """Build the error for a body over the limit."""
    return TooLargeError([Issue(f"the body is larger than {limits.max_bytes} bytes")])


def unpacked(body: bytes, encoding: str, limits: Limits) -> bytes:
    """Undo a content encoding (none or gzip); raises EncodingError, or TooLargeError before too much is made."""
    if encoding in {"", "identity"}:
        return body
    if encoding != "gzip":
        raise EncodingError([Issue("the content encoding of the body is not known here; send gzip or none")])
    unpacker = zlib.decompressobj(_GZIP)
    try:
        text = unpacker.decompress(body, limits.max_bytes + 1)
    except zlib.error:
        raise NotJsonError([Issue("the body says that it is gzip, and is not")]) from None
    if len(text) > limits.max_bytes:
        raise too_large(limits)
    if not unpacker.eof:
        raise NotJsonError([Issue("the gzip body is cut off")])
    return text


def taken_apart(body: bytes, limits: Limits) -> Framed:
    """Return the members of the JSON object that a body is, without the entries of its prefetch, and these.

    Raises NotJsonError or TooLargeError.
    """
    if len(body) > limits.max_bytes:
        raise too_large(limits)
    if not body.strip():
        raise NotJsonError([Issue("the call has no body")])
    try:
        return framed(body, limits.max_depth)
    except strict_json.JsonError as error:
        raise not_json(error) from None
    except msgspec.ValidationError:
        raise NotJsonError([Issue("the body is JSON, but not an object")]) from None
    except msgspec.DecodeError:
        raise _broken(body) from None


def not_json(error: strict_json.JsonError) -> NotJsonError:
    """Build the error for a text that is no acceptable JSON."""
    return NotJsonError([Issue(f"the body is no acceptable JSON: {error}")])


def _broken(body: bytes) -> NotJsonError:
    """Read a broken body once more, with a reader that tells the line and column."""
    try:
        strict_json.check(body)
    except strict_json.JsonError as error:
        return not_json(error)
    return NotJsonError([Issue("the body is no acceptable JSON")])


def encoded(reply: Any) -> bytes:
    """Write a reply as JSON, decimals as they were written in the call."""
    return _ENCODER.encode(reply)


_ENCODER = msgspec.json.Encoder(decimal_format="number")
