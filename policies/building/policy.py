"""From a YAML file to a policy."""

from collections.abc import Mapping
from datetime import date
from types import MappingProxyType
from typing import Any

from policies.building.criteria import CriteriaBuilder, check_used, requests
from policies.building.draft import Draft
from policies.building.facts import facts
from policies.building.figures import figures
from policies.building.indications import check_alone, indications, whole_requests
from policies.building.texts import filled
from policies.files import schema_check
from policies.files.problems import PolicyError
from policies.files.yaml_source import Source
from policies.model.criteria import Fact, Request, RequestKind
from policies.model.figures import Figures
from policies.model.policy import Indications, Policy
from policies.terminology.drugs import Drugs
from policies.terminology.registry import DRUG_TABLE, Terminology
from policies.terminology.value_sets import CodeSet, DrugSet

SUPERSEDED = "superseded"
"""The folder of earlier revisions of a version: nothing is judged by them any more, but what was is replayed."""


_HAS_SEVERAL = "indications"
"""The word of a file for several diseases."""


def build(source: Source, terminology: Terminology) -> Policy:
    """Build a policy from its file; raises PolicyError with every fault that was found.

    A sentence that names a missing figure is reported once all else is sound: most often it only follows from the rest.
    """
    schema_check.check(source, "policy")
    whole, unfilled = filled(source)
    draft = Draft(whole, terminology)
    version = _version(draft)
    drugs = _drugs(draft)
    _check_pins(draft, drugs)
    declared = facts(draft)
    builder = CriteriaBuilder(draft, declared)
    several = indications(draft, declared, builder, drugs) if _HAS_SEVERAL in draft.content else None
    if several is None:
        check_alone(draft, declared)
    criteria = whole_requests(several) if several is not None else requests(draft, builder)
    check_used(draft, builder)
    table = figures(draft, drugs, criteria)
    if draft.problems or unfilled or version is None:
        problems = dict.fromkeys(draft.problems or unfilled)
        raise PolicyError(sorted(problems, key=lambda problem: (problem.line, problem.column)))
    return _sound(draft.content, version, declared, criteria, table, several)


def _sound(
    content: Mapping[str, Any],
    version: date,
    declared: Mapping[str, Fact],
    criteria: Mapping[RequestKind, Request],
    table: Figures,
    several: Indications | None,
) -> Policy:
    """Return the policy of a file in which no fault was found."""
    return Policy(
        id=content["id"],
        version=version,
        revision=content["revision"],
        title=content["title"],
        disease=several.undecided.disease if several is not None else content["disease"],
        value_sets=MappingProxyType(dict(content["value_sets"])),
        facts=MappingProxyType(declared),
        requests=MappingProxyType(criteria),
        after_days=content["continuation_after_days"],
        figures=table,
        within_days=content.get("continuation_within_days"),
        renewal_days=content.get("renewal_days", 0),
        indications=several,
        holds_for=tuple(content.get("holds_for", ())),
    )


def _version(draft: Draft) -> date | None:
    try:
        version = date.fromisoformat(draft.content["version"])
    except ValueError:
        draft.fault(("version",), "This is no date", "write YYYY-MM-DD")
        return None
    expected = f"{draft.content['id']}/{version}.yaml"
    kept = f"{draft.content['id']}/{SUPERSEDED}/{version}.{draft.content['revision']}.yaml"
    if not f"/{draft.source.name}".endswith((f"/{expected}", f"/{kept}")):
        draft.fault(("version",), "The file is not named by its id and version", f"name it {expected}")
    return version


def _drugs(draft: Draft) -> Drugs | None:
    version = draft.content["value_sets"].get(DRUG_TABLE, "")
    if version not in draft.terminology.drug_tables:
        known = ", ".join(draft.terminology.drug_tables)
        cause = f"No drug table is pinned that is on file ('{version}')"
        draft.fault(("value_sets", DRUG_TABLE), cause, f"pin '{DRUG_TABLE}' to one of: {known}")
    return draft.terminology.drug_tables.get(version)


def _check_pins(draft: Draft, drugs: Drugs | None) -> None:
    for name, version in draft.content["value_sets"].items():
        if name == DRUG_TABLE:
            continue
        pinned = draft.terminology.sets.get((name, version))
        if pinned is None:
            cause = f"There is no value set '{name}' of {version}"
            draft.fault(("value_sets", name), cause, "name one that is on file")
        elif drugs is not None and isinstance(pinned, DrugSet):
            for drug in sorted(pinned.roles.keys() - drugs.by_id.keys()):
                cause = f"'{drug}' of this value set is not in the drug table"
                draft.fault(("value_sets", name), cause, "add it there, with its codes")
    _check_disease(draft)


def _check_disease(draft: Draft) -> None:
    disease = draft.content.get("disease")
    if disease is None:
        return
    pinned = draft.terminology.sets.get((disease, draft.content["value_sets"].get(disease, "")))
    if not isinstance(pinned, CodeSet):
        draft.fault(("disease",), f"'{disease}' is no pinned value set of codes", "pin it under 'value_sets'")
