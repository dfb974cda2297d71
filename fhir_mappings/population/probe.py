"""What the mapping makes of one answer of a laboratory: asked of the mapping itself, so that the logic says the same.

The answers that are tried are those that laboratories mostly send, letter for letter but for upper and lower case. A
text that is not among them is left open by the logic.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import msgspec

from fhir_mappings.chart.chart import Chart
from fhir_mappings.chart.policy_chart import Reader, Reading
from fhir_mappings.population.phrases import Codes
from fhir_mappings.r4.references import PatientIdentity
from fhir_mappings.r4.resources import Resource
from policies.model.criteria import Fact
from policies.model.dates import CallDay, OrderDate
from policies.model.findings import Finding, Range, State
from policies.terminology.value_sets import Member

Json = dict[str, Any]
_DAY = date(2000, 1, 1)
_FINAL: Json = {"status": "final", "effectiveDateTime": _DAY.isoformat()}
_WORDS = ("positive", "negative", "equivocal")
_SCORES = ("0", "1+", "2+", "3+")
_SCORED = ("{0}", "ihc {0}", "her2 {0}", "her2 ihc {0}", "ihc: {0}", "score {0}", "ihc score {0}", "score: {0}")
_BOTH = ("{1} ({0})", "{0} ({1})", "{1} (ihc {0})", "{1}, {0}", "{0}, {1}", "{1} {0}", "{0} {1}", "{1} (score {0})")
_SAID = ("her2 {0}", "{0} for her2", "her2: {0}", "{0} (qualifier value)", "ihc {0}", "ish {0}", "fish {0}")
_AMPLIFIED = ("amplified", "not amplified", "non-amplified", "her2 amplified", "her2 not amplified", "unamplified")
HER2_TEXTS = (
    *(form.format(score) for score in _SCORES for form in _SCORED),
    *(form.format(score, word) for score in _SCORES for word in _WORDS for form in _BOTH),
    *_WORDS,
    *(form.format(word) for word in _WORDS for form in _SAID),
    *_AMPLIFIED,
    "+",
    "++",
    "+++",
    "her2",
)
_GRADED = ("{0}", "ecog {0}", "ecog: {0}", "ecog ps {0}", "ecog score {0}", "ecog grade {0}", "grade {0}", "score {0}")
_NAMED = (
    "ecog performance status {0}",
    "ecog performance status: {0}",
    "ps {0}",
    "who {0}",
    "zubrod {0}",
    "who ps {0}",
)
_DESCRIBED = (
    "{0} - fully active",
    "{0} - asymptomatic",
    "{0} - restricted in physically strenuous activity",
    "{0} - restricted in strenuous activity",
    "{0} - symptomatic but completely ambulatory",
    "{0} - ambulatory, up more than 50% of waking hours",
    "{0} - limited self-care",
    "{0} - completely disabled",
)
GRADE_TEXTS = tuple(form.format(grade) for grade in range(6) for form in (*_GRADED, *_NAMED, *_DESCRIBED))
"""Texts that are tried for every grade; the mapping tells which of them it reads."""


@dataclass(frozen=True, slots=True)
class Probe:
    """Asks the mapping what one result means: `reader` reads it, `test` is the code that the result bears."""

    codes: Codes
    fact: Fact
    reader: Reader
    test: Member

    def value(self, **answer: Any) -> str:
        """Return what a result with this value[x] comes to, as the form has it; empty if it is left open."""
        coding = {"system": self.test.system.uri, "code": self.test.code}
        found = _read(self, {"resourceType": "Observation", "code": {"coding": [coding]}} | _FINAL | answer)
        if found.state is not State.KNOWN:
            return ""
        return str(found.value.at_least) if isinstance(found.value, Range) else str(found.value)

    def of_texts(self, tried: Iterable[str]) -> dict[str, tuple[str, ...]]:
        """Return, for each value, the texts that come to it by themselves."""
        return _by_value((one, self.value(valueString=one)) for one in tried)

    def beside(self, code: Member, tried: Iterable[str]) -> dict[str, tuple[str, ...]]:
        """Return, for each value, the texts beside a code with which a result comes to it; empty: the code alone."""
        coded = [{"system": code.system.uri, "code": code.code}]
        concepts: Iterator[tuple[str, Json]] = (
            (one, {"coding": coded, **({"text": one} if one else {})}) for one in tried
        )
        return _by_value((one, self.value(valueCodeableConcept=concept)) for one, concept in concepts)


@dataclass(frozen=True, slots=True)
class RecordProbe:
    """Asks the mapping whether a record with a code and words proves a fact; `made` is the record but for its code.

    `at` is the member in which a record of its type has its code.
    """

    codes: Codes
    fact: Fact
    reader: Reader
    made: Json
    at: str = "code"

    def proves(self, code: Member, words: str) -> bool:
        """Return whether a record with this code, under these words, is proof."""
        concept = {"coding": [{"system": code.system.uri, "code": code.code}], "text": words}
        return _read(self, self.made | {self.at: concept}).value is True


def _read(probe: Probe | RecordProbe, resource: Json) -> Finding:
    """Return what the reader makes of a chart with one resource, on its day."""
    decoded = msgspec.json.decode(msgspec.json.encode({"id": "1"} | resource), type=Resource)
    kind = decoded.resource_type
    chart = Chart(
        PatientIdentity("1"),
        observations=[decoded] if kind == "Observation" else [],
        conditions=[decoded] if kind == "Condition" else [],
        treatments=[decoded] if kind == "Procedure" else [],
        vaccinations=[decoded] if kind == "Immunization" else [],
    )
    reading = Reading(chart, probe.codes.policy, probe.codes.terminology, OrderDate(_DAY), CallDay(_DAY))
    return probe.reader(reading, probe.fact)


def _by_value(pairs: Iterable[tuple[str, str]]) -> dict[str, tuple[str, ...]]:
    found: dict[str, list[str]] = {}
    for one, value in pairs:
        if value:
            found.setdefault(value, []).append(one)
    return {value: tuple(dict.fromkeys(ones)) for value, ones in sorted(found.items())}


def displays(codes: Mapping[str, Member] | Iterable[Member]) -> tuple[str, ...]:
    """Return how value sets call codes, in lower case."""
    members = codes.values() if isinstance(codes, Mapping) else codes
    return tuple(dict.fromkeys(one.display.lower() for one in members))
