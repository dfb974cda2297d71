"""For which of a policy's indications a drug is ordered: the one diagnosis on record, or the order's own reason.

A chart that proves several indications does not say which is meant; nor does one that holds, beside the one that is
covered, a disease that the policy names as not covered. Then the order's own reason chooses, if it is coded.
"""

import re
from collections.abc import Iterator, Mapping
from types import MappingProxyType

from fhir_mappings.chart.concept_match import find
from fhir_mappings.chart.evidence import as_role
from fhir_mappings.chart.policy_chart import SILENT, Reading
from fhir_mappings.facts.fhir_kind import FhirKind, Newest
from fhir_mappings.facts.meanings import Seen, is_clear
from fhir_mappings.general_facts.conditions import on_record
from policies.kinds.conditions import DIAGNOSIS_ON_RECORD
from policies.kinds.indications import INDICATION
from policies.model.criteria import Fact
from policies.model.fact_kinds import named_pattern
from policies.model.findings import Evidence, Finding, Role
from policies.model.notes import Note, in_order, together
from policies.terminology.value_sets import CodeSet

_NOTHING: Mapping[str, str] = MappingProxyType({})


def indication(reading: Reading, _: Fact) -> Finding:
    """Read the diagnoses of every disease that the policy names; one alone that is proven chooses its indication."""
    found = dict(_read(reading))
    proven = [title for title, one in found.items() if one.value is True]
    chosen = _chosen(reading, proven)
    return Finding.known(chosen, found[chosen].evidence) if chosen else _open(found, proven)


def _chosen(reading: Reading, proven: list[str]) -> str:
    """Return the indication that is meant beyond doubt; empty if none is."""
    named, several = _by_reasons(reading), reading.policy.filed.indications
    if named:
        return named[0] if len(named) == 1 and named[0] in proven else ""
    is_alone = len(proven) == 1 and several is not None and proven[0] in several.covered
    return proven[0] if is_alone else ""


def _read(reading: Reading) -> Iterator[tuple[str, Finding]]:
    """Yield for each disease of the policy, by its option, whether its diagnosis stands on record."""
    whole = reading.policy.filed
    several = whole.indications
    if several is None:
        return
    for title, one in several.covered.items():
        own = reading.by(whole.for_indication(title))
        yield title, on_record(own, _diagnosis(own, title, one.disease))
    for title, disease in several.uncovered.items():
        yield title, on_record(reading, _diagnosis(reading, title, disease))


def _diagnosis(reading: Reading, title: str, disease: str) -> Fact:
    return Fact(
        name=title,
        what=title,
        kind=DIAGNOSIS_ON_RECORD,
        parameters={"codes": disease, "state": "current"},
        ask="",
        options=(),
        undecided=frozenset(),
        notes=_NOTHING,
        silent=Finding.unknown(),
        searched=reading.codes(disease).named,
    )


def _by_reasons(reading: Reading) -> list[str]:
    """Return the indications that the order gives as its reasons, covered or not."""
    sets = _sets(reading)
    return [title for title, codes in sets.items() if any(find(one, codes) is not None for one in reading.reasons)]


def _sets(reading: Reading) -> dict[str, CodeSet]:
    several = reading.policy.filed.indications
    if several is None:
        return {}
    covered = {title: one.disease for title, one in several.covered.items()}
    return {title: reading.codes(name) for title, name in {**covered, **several.uncovered}.items()}


def _open(found: Mapping[str, Finding], proven: list[str]) -> Finding:
    """Return what leaves the indication open: all that speaks for any of them, to be shown."""
    shown: tuple[Evidence, ...] = in_order(
        dict.fromkeys(one for each in found.values() for one in as_role(each.evidence, Role.POSSIBLE))
    )
    if proven:
        return Finding.unknown(Note("indication.several", found=shown), shown)
    notes = [one.note for one in found.values() if one.evidence or (one.note and one.note != SILENT)]
    return Finding.unknown(together(*dict.fromkeys(notes)) if notes else SILENT, shown)


def means_indication(seen: Seen) -> str | None:
    """Return the one indication that words or a code name, with nothing that turns them round."""
    named = [
        title
        for title, codes in _sets(seen.reading).items()
        if any(re.search(named_pattern(one), seen.text) for one in (*codes.named, codes.title.lower()))
        or any(member.code == seen.item.code for member in codes.members if member.decides)
    ]
    return named[0] if len(named) == 1 and is_clear(seen.text) else None


RECORDS = (FhirKind(INDICATION, indication, frozenset({"Condition"}), newest=Newest.DIAGNOSIS, means=means_indication),)
