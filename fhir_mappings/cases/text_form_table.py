"""Texts by form: what each example proves by a policy. Printed by `cds-service policy text-forms`."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date

import msgspec

from fhir_mappings.chart.chart import Chart
from fhir_mappings.chart.policy_chart import Reading
from fhir_mappings.facts.fhir_kind import FhirKind
from fhir_mappings.findings.fhir_kinds import FHIR_KINDS
from fhir_mappings.r4.references import PatientIdentity
from fhir_mappings.r4.resources import Resource
from fhir_mappings.text_forms.grammar import Sheet, grammar
from fhir_mappings.wording import wording
from policies.catalogue import Catalogue
from policies.model.criteria import Fact
from policies.model.dates import CallDay, OrderDate
from policies.model.fact_kinds import Kind
from policies.model.findings import Finding, Range, State
from policies.model.policy import Policy

GRAMMARS = ("her2", "ecog")
"""The grammars that there are, by the names of their files."""
_DAY = date(2000, 1, 1)
NOTHING, CONFLICT = "nothing", "conflict"


@dataclass(frozen=True, slots=True)
class Row:
    """An example of a form: under which test it stands, what its file says that it proves, and what it proves."""

    form: str
    under: str
    text: str
    reads: str
    proves: str
    shown: str


def rows(catalogue: Catalogue, name: str) -> tuple[Row, ...]:
    """Return a row for each example of a grammar, in its order, judged by a policy that has a fact of the kind.

    Raises StopIteration if no policy has one.
    """
    return tuple(_rows(catalogue, grammar(name).sheet))


def _rows(catalogue: Catalogue, sheet: Sheet) -> Iterator[Row]:
    for form in sheet.forms:
        for one in form.examples:
            found = _finding(catalogue, _under(one.under), one.text)
            yield Row(form.name, one.under.upper(), one.text, one.reads, _proves(found), _shown(found))


def _under(test: str) -> FhirKind:
    """Return the kind whose results have texts of this test; raises StopIteration if there is none."""
    return next(one for one in FHIR_KINDS.values() if one.texts is not None and one.texts.under == test)


def _finding(catalogue: Catalogue, record: FhirKind, text: str) -> Finding:
    policy, fact = next(_facts(catalogue, record.kind))
    tests = catalogue.terminology.codes(str(fact.parameters["tests"]), policy.value_sets[str(fact.parameters["tests"])])
    member = next(one for one in tests.members if record.texts is not None and one.means == record.texts.test)
    coding = {"system": member.system.uri, "code": member.code}
    result = {"resourceType": "Observation", "id": "1", "status": "final", "effectiveDateTime": _DAY.isoformat()}
    raw = msgspec.json.encode(result | {"code": {"coding": [coding]}, "valueString": text})
    chart = Chart(PatientIdentity("1"), observations=[msgspec.json.decode(raw, type=Resource)])
    reading = Reading(chart, policy, catalogue.terminology, OrderDate(_DAY), CallDay(_DAY))
    return record.reader(reading, fact)


def _facts(catalogue: Catalogue, kind: Kind) -> Iterator[tuple[Policy, Fact]]:
    for policy in catalogue.all:
        fact = policy.fact_of_kind(kind)
        if fact is not None:
            yield policy, fact


def _proves(found: Finding) -> str:
    if found.state is State.CONFLICTING:
        return CONFLICT
    if isinstance(found.value, Range):
        low, high = found.value.at_least, found.value.at_most
        return str(low) if low == high else f"{low}-{high}"
    return NOTHING if found.value is None else str(found.value)


def _shown(found: Finding) -> str:
    return "; ".join(wording().words(one.summary) for one in found.evidence)


def page(catalogue: Catalogue) -> str:
    """Return the forms of all grammars with their examples, as the page of the documentation has them."""
    return "\n".join(line for name in GRAMMARS for line in _page(catalogue, name)) + "\n"


def _page(catalogue: Catalogue, name: str) -> Iterable[str]:
    sheet = grammar(name).sheet
    yield from (f"## {sheet.title}", "", sheet.says, "")
    examples = rows(catalogue, name)
    for form in sheet.forms:
        yield f"- **{form.name}**: {form.says} {'; '.join(_shown_in(row) for row in examples if row.form == form.name)}"
    yield ""


def _shown_in(row: Row) -> str:
    return f"{row.under} `{row.text}`: {row.proves}".strip()
