"""`[claims]`: the payer's own claims, a folder with one file for each member (FHIR R4, newline-delimited JSON)."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from fhir_mappings.r4.claims import CLAIMS
from fhir_mappings.r4.references import local
from hooks.ehr_data.payer_claims import NOT_READ, TOO_LARGE, ClaimsError, Who

_NUMBER = re.compile(r"[A-Z0-9][A-Z0-9._-]{0,63}")
"""What a member number may be made of, to be the name of a file."""
_Object = dict[str, msgspec.Raw]


class _Head(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    resource_type: Any = None
    id: Any = None
    birth_date: Any = None
    patient: Any = None


class _Entry(msgspec.Struct, frozen=True, gc=False):
    resource: msgspec.Raw = msgspec.Raw()


class _Bundle(msgspec.Struct, frozen=True, gc=False):
    entry: tuple[_Entry, ...] = ()


@dataclass(frozen=True, slots=True)
class ClaimsFolder:
    """A folder of files NUMBER.ndjson or NUMBER.json (a Bundle): a Patient, and the member's claims that name it."""

    folder: Path
    max_bytes: int

    def of(self, who: Who) -> Sequence[_Object]:
        """Return the claims of a member whose date of birth the file bears; none without such a file."""
        if not _NUMBER.fullmatch(who.number):
            return ()
        for read, suffix in ((_lines, ".ndjson"), (_entries, ".json")):
            text = self._text(self.folder / f"{who.number}{suffix}")
            if text is not None:
                try:
                    return _claims(list(read(text)), who)
                except msgspec.DecodeError:
                    raise ClaimsError(NOT_READ) from None
        return ()

    def _text(self, file: Path) -> bytes | None:
        try:
            with file.open("rb") as opened:
                text = opened.read(self.max_bytes + 1)
        except FileNotFoundError:
            return None
        except OSError:
            raise ClaimsError(NOT_READ) from None
        if len(text) > self.max_bytes:
            raise ClaimsError(TOO_LARGE)
        return text


def _lines(text: bytes) -> Iterator[msgspec.Raw]:
    return (msgspec.Raw(line) for line in text.splitlines() if line.strip())


def _entries(text: bytes) -> Iterator[msgspec.Raw]:
    return (one.resource for one in msgspec.json.decode(text, type=_Bundle).entry if one.resource)


def _claims(resources: list[msgspec.Raw], who: Who) -> tuple[_Object, ...]:
    """Return the claims that name the one Patient of a file, if that patient was born when the member was."""
    heads = [(msgspec.json.decode(one, type=_Head), one) for one in resources]
    patients = [head for head, _ in heads if head.resource_type == "Patient"]
    if len(patients) != 1 or patients[0].birth_date != who.born.isoformat():
        return ()
    named = f"Patient/{patients[0].id}"
    return tuple(
        msgspec.json.decode(one, type=_Object)
        for head, one in heads
        if head.resource_type in CLAIMS and _patient(head) == named
    )


def _patient(head: _Head) -> str:
    reference = head.patient.get("reference") if isinstance(head.patient, dict) else None
    pair = local(reference) if isinstance(reference, str) else None
    return "/".join(pair) if pair is not None else ""
