"""For which of a policy's indications a drug is ordered: the one diagnosis on record, or the order's own reason.

A chart that proves several indications does not say which is meant; nor does one that holds, beside the one that is
covered, a disease that the policy names as not covered. Then the order's own reason chooses, if it is coded. A reason
that names something else than what the chart proves leaves the indication open, also where the chart proves one alone.
"""

import re
from collections.abc import Iterator, Mapping
from types import MappingProxyType

from fhir_mappings.chart.concept_match import find
from fhir_mappings.chart.evidence import as_role
from fhir_mappings.chart.policy_chart import SILENT, Reading
from fhir_mappings.clinical.anatomy import plain
from fhir_mappings.clinical.values import Concept
from fhir_mappings.facts.fhir_kind import FhirKind, Newest
from fhir_mappings.general_facts.conditions import on_record
from fhir_mappings.meanings.of_words import Seen, is_clear
from policies.kinds.conditions import DIAGNOSIS_ON_RECORD
from policies.kinds.indications import INDICATION
from policies.model.criteria import Fact
from policies.model.fact_kinds import named_pattern
from policies.model.findings import Evidence, Finding, Role
from policies.model.notes import Note, in_order, together
from policies.terminology.value_sets import CodeSet

_NOTHING: Mapping[str, str] = MappingProxyType({})
_ICD10 = "icd-10-cm"
_CATEGORY = 3
"""So many characters of a code of ICD-10-CM are its category."""
_NO_DISEASE = ("R", "Z")
"""The chapters of ICD-10-CM that name no disease: symptoms, and why somebody comes to be treated."""


def indication(reading: Reading, _: Fact) -> Finding:
    """Read the diagnoses of every disease that the policy names; one alone that is proven chooses its indication."""
    found = dict(_read(reading))
    proven = [title for title, one in found.items() if one.value is True]
    chosen = _chosen(reading, proven)
    return Finding.known(chosen, found[chosen].evidence) if chosen else _open(found, proven)


def _chosen(reading: Reading, proven: list[str]) -> str:
    """Return the indication that is meant beyond doubt; empty if none is, or if a reason of the order names another."""
    sets, several = _sets(reading), reading.policy.filed.indications
    coded = [title for one in reading.reasons for title in _coded(one, sets)]
    covered = proven if len(proven) == 1 and several is not None and proven[0] in several.covered else []
    chosen = next(iter(coded or covered), "")
    meant = [_meant_by(one, sets) for one in reading.reasons if not _says_nothing(one)]
    return chosen if chosen in proven and all(one == {chosen} for one in meant) else ""


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


def _meant_by(reason: Concept, sets: Mapping[str, CodeSet]) -> set[str]:
    """Return the indications that a reason names, by code or in words; none if it names something else."""
    texts = [plain(word) for word in reason.words]
    by_words = {title for title, codes in sets.items() if any(_names(text, codes) for text in texts)}
    return {*_coded(reason, sets), *by_words} or {title for title, codes in sets.items() if _is_near(reason, codes)}


def _coded(reason: Concept, sets: Mapping[str, CodeSet]) -> list[str]:
    return [title for title, codes in sets.items() if find(reason, codes) is not None]


def _names(text: str, codes: CodeSet) -> bool:
    return any(re.search(named_pattern(one), text) for one in (*codes.named, plain(codes.title)))


def _is_near(reason: Concept, codes: CodeSet) -> bool:
    """Whether a reason is of a category that a value set has codes of, though itself not among them."""
    own = {member.code[:_CATEGORY] for member in codes.members if _ICD10 in member.system.uri}
    return any(one[:_CATEGORY] in own for one in _icd10(reason))


def _says_nothing(reason: Concept) -> bool:
    """Whether a reason is empty, or names no disease: a symptom, or why somebody comes to be treated."""
    codes = _icd10(reason)
    is_no_disease = bool(codes) and all(one.startswith(_NO_DISEASE) for one in codes)
    return is_no_disease or not (reason.coding or reason.words)


def _icd10(reason: Concept) -> list[str]:
    return [one.code.upper() for one in reason.coding if one.code and _ICD10 in (one.system or "")]


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
        return Finding.unknown(
            Note("indication.several" if len(proven) > 1 else "indication.reason", found=shown), shown
        )
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
