"""Site codes: local codes of a client's records that a person confirmed to mean codes of ours, each for a time.

Where a record bears one, the code that is meant is put beside it before anything reads the record, so that every fact
reads it through the same gate. What stands beside it in a code system that we know, and says something else, makes the
record contradict itself.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import cached_property
from typing import Any

import msgspec

from policies.model.notes import Note
from policies.terminology.registry import Terminology
from policies.terminology.value_sets import CodeSet, Coding

_GENERIC = msgspec.json.Decoder(float_hook=Decimal)
_WRITER = msgspec.json.Encoder(decimal_format="number")
_ESCAPE = b"\\"
_OF_STANDARDS = (
    *("hl7.org/", "loinc.org", "snomed.info/", "nlm.nih.gov/", "cms.gov/", "ama-assn.org/", "who.int/", "whocc.no/"),
    *("unitsofmeasure.org", "fda.gov/", "cancerstaging.org", "cdc.gov/", "dicom.nema.org/", "ihtsdo.org/"),
)
"""Whose addresses name code systems that are nobody's own."""
_STANDARD_OIDS = ("urn:oid:2.16.840.1.113883.5.", "urn:oid:2.16.840.1.113883.6.")


@dataclass(frozen=True, slots=True)
class SiteCode:
    """A local code and the one of ours that it means, from a day and, where it ended, until a day (both included).

    With a `display` it holds for records that show the code so, or show nothing: a code can be given a new meaning.
    """

    system: str
    code: str
    means: Coding
    confirmed_by: str
    since: date
    until: date | None = None
    display: str = ""

    def holds(self, day: date) -> bool:
        """Whether it holds on a day."""
        return self.since <= day and (self.until is None or day <= self.until)

    def shows(self, display: object) -> bool:
        """Whether a record that shows the code so is one that was confirmed."""
        return not self.display or not display or _plain(display) == _plain(self.display)

    @property
    def note(self) -> Note:
        """Return what it means, who confirmed that, and since when."""
        local, means = f"{self.system}|{self.code}", "|".join(self.means)
        return Note("site_code", local=local, means=means, who=self.confirmed_by, day=self.since.isoformat())


def _plain(display: object) -> str:
    return " ".join(str(display).lower().split())


class Mapped(msgspec.Struct, frozen=True):
    """The text of a record with the codes that are meant, which site codes these were, and whether one is belied."""

    raw: bytes | msgspec.Raw
    used: tuple[SiteCode, ...] = ()
    is_torn: bool = False


@dataclass(frozen=True)
class Agreement:
    """What a terminology says of two codings: whether they say the same, and whether a code system is nobody's own."""

    terminology: Terminology

    @cached_property
    def _known(self) -> frozenset[str]:
        systems = self.terminology.systems.values()
        return frozenset(uri.lower() for one in systems for uri in (one.uri, *one.also))

    def is_standard(self, system: str) -> bool:
        """Whether an address names a code system that is not a site's own."""
        text, known = system.strip().lower(), self._known
        host = text.partition("://")[2].removeprefix("www.")
        named = any(host.startswith(one) or f".{one}" in host for one in _OF_STANDARDS)
        return text.rstrip("/") in known or text in known or named or text.startswith(_STANDARD_OIDS)

    def agree(self, one: Coding, other: Coding) -> bool:
        """Whether two codings mean one thing: in some value set, and differently in none; or are of one drug."""
        if one == other:
            return True
        if any(self._drug(table, one) == self._drug(table, other) != "" for table in self.terminology.drug_tables):
            return True
        sets = [found for found in self.terminology.sets.values() if isinstance(found, CodeSet)]
        pairs = [(codes.find(*one), codes.find(*other)) for codes in sets]
        means = [(first.means, second.means) for first, second in pairs if first is not None and second is not None]
        return bool(means) and all(first == second for first, second in means)

    def _drug(self, version: str, coding: Coding) -> str:
        match = self.terminology.drug_tables[version].find(*coding)
        return match.drug.id if match is not None else ""


@dataclass(frozen=True)
class SiteCodes:
    """The site codes that hold for a call, by their own coding."""

    known: Mapping[Coding, tuple[SiteCode, ...]] = field(default_factory=dict)
    agreement: Agreement | None = None

    @cached_property
    def bare(self) -> frozenset[str]:
        """Return the local codes alone."""
        return frozenset(code for _, code in self.known)

    @cached_property
    def _written(self) -> tuple[bytes, ...]:
        """Return the local codes as they stand in a record's text; each record of a call is searched for them."""
        return tuple(f'"{code}"'.encode() for code in self.bare)

    def mapped(self, raw: bytes | msgspec.Raw) -> Mapped:
        """Return the text of a record with the codes that its site codes mean; one that cannot be read stays as is."""
        text = bytes(raw)
        if not self.known or not (_ESCAPE in text or any(one in text for one in self._written)):
            return Mapped(raw)
        try:
            content = _GENERIC.decode(text)
        except msgspec.DecodeError:
            return Mapped(raw)
        used: list[SiteCode] = []
        torn = self._map(content, used)
        return Mapped(_WRITER.encode(content), tuple(dict.fromkeys(used)), torn) if used else Mapped(raw)

    def _map(self, node: Any, used: list[SiteCode]) -> bool:
        """Put what is meant beside the site codes of a value and of all within it; return whether one is belied."""
        if not isinstance(node, (dict, list)):
            return False
        torn = False
        for one in node.values() if isinstance(node, dict) else node:
            torn |= self._map(one, used)
        codings = node.get("coding") if isinstance(node, dict) else None
        if not isinstance(codings, list):
            return torn
        found = tuple(dict.fromkeys(one for coding in codings for one in self._of(coding)))
        used += found
        torn |= self._is_belied(codings, found)
        there = {_coding(one) for one in codings}
        meant = dict.fromkeys(one.means for one in found)
        codings += [{"system": one[0], "code": one[1]} for one in meant if one not in there]
        return torn

    def _of(self, coding: Any) -> tuple[SiteCode, ...]:
        named = self.known.get(_coding(coding), ())
        return tuple(one for one in named if one.shows(coding.get("display")))[:1] if named else ()

    def _is_belied(self, codings: list[Any], found: tuple[SiteCode, ...]) -> bool:
        """Whether a standard coding, or another site code, says something else than one of these means."""
        says = self.agreement
        if says is None or not found:
            return False
        standard = {_coding(one) for one in codings if says.is_standard(_coding(one)[0])}
        said = standard | {one.means for one in found}
        return any(not says.agree(one.means, other) for one in found for other in said)


def _coding(coding: Any) -> Coding:
    """Return system and code of a coding as they stand; empty for what is none."""
    if not isinstance(coding, dict):
        return "", ""
    system, code = coding.get("system"), coding.get("code")
    return (system, code) if isinstance(system, str) and isinstance(code, str) else ("", "")


NO_SITE_CODES = SiteCodes()


@dataclass(frozen=True)
class SiteTable:
    """Every site code that was ever confirmed, by the tenant whose it is; ended ones are needed for calls of then."""

    of_tenants: Mapping[str, tuple[SiteCode, ...]] = field(default_factory=dict)
    agreement: Agreement | None = None

    def on(self, tenant: str, day: date) -> SiteCodes:
        """Return the site codes that hold for the calls of a tenant on a day."""
        held: dict[Coding, tuple[SiteCode, ...]] = {}
        for one in self.of_tenants.get(tenant, ()):
            if one.holds(day):
                held[one.system, one.code] = (*held.get((one.system, one.code), ()), one)
        return SiteCodes(held, self.agreement) if held else NO_SITE_CODES
