"""What a call lacks: keys of the prefetch that did not come, next pages, and references that lead out of the call.

A key that came satisfies its search, also with null or an empty bundle: the client has no such data (CDS Hooks 2.0,
"Prefetch template"). One that came as an OperationOutcome failed, and counts as absent. Under whatever other key a
resource came, its type counts as brought, but for the draft orders themselves, and for a key that failed.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple
from urllib.parse import quote

import msgspec

from fhir_mappings.chart.chart import Located
from fhir_mappings.chart.prescan import Text
from fhir_mappings.r4.references import PatientIdentity, local
from fhir_mappings.r4.searches import FOLLOWED, named_by
from hooks.ehr_data.fetch_port import Gap
from hooks.request.call import Call

_PATIENT_TOKEN = "{{context.patientId}}"  # noqa: S105 - a prefetch token, no secret
_ID = re.compile(r"(?=.*[^.])[A-Za-z0-9.\-]{1,64}")
_BY_CODE = "&combo-code="
_MOST_LOCAL_CODES = 100
_NEXT = b'"next"'


class _Link(msgspec.Struct, frozen=True, gc=False):
    relation: str = ""
    url: str = ""


class _Outline(msgspec.Struct, frozen=True, gc=False):
    link: tuple[_Link, ...] = ()


_OUTLINE = msgspec.json.Decoder(_Outline)
_OUTCOME_TYPE = "OperationOutcome"
_OUTCOME_TYPED = f'"{_OUTCOME_TYPE}"'.encode()
_FAILURES = ("error", "fatal")


class _Issue(msgspec.Struct, frozen=True, gc=False):
    severity: Any = None


class _Outcome(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    resource_type: Any = None
    issue: tuple[_Issue, ...] = ()


class _Entry(msgspec.Struct, frozen=True, gc=False):
    resource: _Outcome = _Outcome()


class _Value(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    resource_type: Any = None
    entry: tuple[msgspec.Raw, ...] = ()


_VALUE = msgspec.json.Decoder(_Value)
_ENTRY = msgspec.json.Decoder(_Entry)


class Template(NamedTuple):
    """The search for what a key of the prefetch brings, its name (the search without the codes), and its type."""

    query: str
    name: str
    kind: str


@dataclass(frozen=True, slots=True)
class Templates:
    """The searches by the keys of the prefetch; what each is called is worked out once, for all calls."""

    queries: Mapping[str, str]
    by_key: Mapping[str, Template] = field(init=False)

    def __post_init__(self) -> None:
        named = ((key, query, query.partition("&")[0]) for key, query in self.queries.items())
        found = {key: Template(query, name, kind_of(name)) for key, query, name in named}
        object.__setattr__(self, "by_key", found)

    def kind(self, key: str) -> str:
        """Return the type of what a key brings; empty for a key that nobody here knows."""
        known = self.by_key.get(key)
        return known.kind if known is not None else ""


def kind_of(name: str) -> str:
    """Return the type of a search or a read; empty for a key that nobody here knows."""
    kind = name.partition("?")[0].partition("/")[0]
    return kind if kind[:1].isupper() else ""


@dataclass(frozen=True, slots=True)
class Lacking:
    """Finds what a call lacks of what the prefetch templates ask for."""

    call: Call
    templates: Templates

    def first(self, located: Sequence[Located], failed: frozenset[str]) -> list[Gap]:
        """Return what the templates ask for and the call does not bring, further pages, and what is referred to.

        `failed` are the keys that the client could not provide.
        """
        gaps = [*self._keys(located, failed), *self._pages()]
        return [*gaps, *self.referred(located)]

    def _keys(self, located: Sequence[Located], failed: frozenset[str]) -> Iterator[Gap]:
        values, known = self.call.prefetch.values, self.templates.by_key
        absent = [key for key in known if key not in values or key in failed]
        if not absent:
            return
        brought, patient = self.brought(located), quote(self.call.patient, safe="")
        for key in absent:
            if key in failed or known[key].kind not in brought:
                query = known[key].query.replace(_PATIENT_TOKEN, patient)
                yield Gap(self.name(key), self._with_site_codes(query), failed=key in failed)

    def _with_site_codes(self, query: str) -> str:
        """Ask by the client's own codes too: a result that bears no other would not be found."""
        own = sorted(self.call.site_codes.bare)
        if _BY_CODE not in query or not own:
            return query
        if len(own) > _MOST_LOCAL_CODES:
            return query.partition(_BY_CODE)[0]
        return ",".join((query, *(quote(one, safe="") for one in own)))

    def brought(self, located: Iterable[Located]) -> set[str]:
        """Return the types that came; a Patient only if it is the one of this call."""
        orders = {(order.resource.resource_type, order.resource.id) for order in self.call.orders}
        came = {(one.resource.resource_type, one.resource.id) for one in located}
        return {kind for kind, name in came - orders if kind != "Patient" or name == self.call.patient}

    def _pages(self) -> Iterator[Gap]:
        """Yield the next pages of bundles that came in part."""
        for key, raw in self.call.prefetch.values.items():
            if _NEXT in bytes(raw):
                for link in _outline(raw).link:
                    if link.relation == "next" and link.url:
                        yield Gap(self.name(key), link.url)

    def name(self, key: str) -> str:
        """Return the name of what a key of the prefetch brings: its search for this patient, without the codes."""
        known = self.templates.by_key.get(key)
        asked = known.name if known is not None else f"prefetch.{key}".partition("&")[0]
        return asked.replace(_PATIENT_TOKEN, self.call.asked.patient)

    def referred(self, located: Sequence[Located]) -> list[Gap]:
        """Return what is read by reference and did not come: products, their ingredients, payors, samples, members."""
        pointing = [*[one.resource for one in located], *[order.resource for order in self.call.orders]]
        named = [(kind, one.reference or "") for kind, one in named_by(pointing)]
        if not named:
            return []
        targets = [one for one in located if one.resource.resource_type in FOLLOWED]
        known = {name for one in targets for name in (one.resource.reference, one.url)}
        home = PatientIdentity(self.call.patient, self.call.fhir_server).is_home
        found = dict.fromkeys(gap for kind, text in named for gap in _gap(kind, text, is_home=home(text)))
        return [gap for gap in found if gap.query not in known]


def of_coverage(gaps: Iterable[Gap]) -> list[Gap]:
    """Return what is needed even where no policy judges: which coverage it is, and whose."""
    return [gap for gap in gaps if gap.name.startswith(("Coverage", "Organization"))]


def _outline(raw: msgspec.Raw) -> _Outline:
    try:
        return _OUTLINE.decode(raw)
    except msgspec.ValidationError:
        return _Outline()


def _gap(kinds: str, text: str, *, is_home: bool) -> Iterator[Gap]:
    """Yield the read of a reference; none for what is contained, or names its target in another way."""
    pair = local(text)
    if pair is not None and pair[0] in kinds.split("|") and _ID.fullmatch(pair[1]):
        name = "/".join(pair)
        yield Gap(name, name if is_home else text.split("/_history/", 1)[0])


def failed_keys(call: Call) -> frozenset[str]:
    """Return the keys of a prefetch that the client could not provide: what stands there is an error, and no data.

    They hold an OperationOutcome, or a bundle of nothing but OperationOutcomes with an error.
    """
    prefetch = call.prefetch
    cut = prefetch.entries
    # Hardly any value holds an outcome: the others are passed over by one look at their beginning.
    hints = [key for key, raw in prefetch.values.items() if _OUTCOME_TYPED in bytes(cut[key][0] if key in cut else raw)]
    return frozenset([key for key in hints if _is_failed(prefetch.values[key], cut.get(key))])


def _is_failed(raw: msgspec.Raw, cut: Sequence[Text] | None) -> bool:
    """Whether a value failed; `cut` are the entries of a bundle that were cut out of it."""
    for one in [raw] if cut is None else cut:
        if _OUTCOME_TYPED not in bytes(one):
            return False
    try:
        value = _VALUE.decode(raw)
        return value.resource_type == _OUTCOME_TYPE or _are_failures(value.entry if cut is None else cut)
    except msgspec.ValidationError:
        return False


def _are_failures(entries: Iterable[Text]) -> bool:
    outcomes = [_ENTRY.decode(one).resource for one in entries]
    failures = (issue.severity in _FAILURES for one in outcomes for issue in one.issue)
    return all(one.resource_type == _OUTCOME_TYPE for one in outcomes) and any(failures)
