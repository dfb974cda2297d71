"""What an answer must be: one FHIR resource or searchset in acceptable JSON, within the limits.

Sources: FHIR R4, RESTful API (read, search), Bundle (`link` with relation next).
"""

from dataclasses import dataclass
from typing import Any

import msgspec

from cds_service.http.http_client import Answer
from fhir_mappings.r4 import strict_json
from hooks.ehr_data.fetch_port import Gap
from hooks.protocol.errors import CallError
from hooks.request.body import Limits, unpacked


class UnusableError(Exception):
    """An answer that cannot be used; the message says why, and holds nothing of the answer."""


class _Link(msgspec.Struct, frozen=True, gc=False):
    relation: str = ""
    url: str = ""


class _Outline(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    resource_type: Any = None
    id: Any = None
    link: tuple[_Link, ...] | None = ()
    entry: tuple[msgspec.Raw, ...] | None = ()


_OUTLINE = msgspec.json.Decoder(_Outline)


@dataclass(frozen=True, slots=True)
class Page:
    """A usable answer: its body, how many entries it has, and where the next page is, if there is one."""

    body: bytes
    entries: int
    following: str


def page_of(answer: Answer, gap: Gap, limits: Limits) -> Page:
    """Return the page that an answer to a gap is; raises UnusableError."""
    try:
        body = unpacked(answer.body, answer.encoding, limits)
        strict_json.check_encoding(body)
        strict_json.check_depth(body, limits.max_depth)
        strict_json.check(body)
        outline = _OUTLINE.decode(body)
    except CallError:
        raise UnusableError("the answer cannot be unpacked, or is too large") from None
    except (strict_json.JsonError, msgspec.MsgspecError):
        raise UnusableError("the answer is no FHIR resource in acceptable JSON") from None
    if "?" not in gap.name and not gap.name.startswith("prefetch."):
        return _read(body, outline, gap)
    if outline.resource_type != "Bundle":
        raise UnusableError("the answer is no Bundle")
    links = (one.url for one in outline.link or () if one.relation == "next")
    return Page(body, len(outline.entry or ()), next(links, ""))


def _read(body: bytes, outline: _Outline, gap: Gap) -> Page:
    if f"{outline.resource_type}/{outline.id}" != gap.name:
        raise UnusableError("the answer is not what was asked for")
    return Page(body, 1, "")
