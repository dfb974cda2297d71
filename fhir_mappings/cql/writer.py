"""The population logic of a policy as one library of CQL 1.5, context Patient."""

import re
from collections.abc import Iterator
from importlib.resources import files

from fhir_mappings.clinical.anatomy import sites_in
from fhir_mappings.cql.digest import digest, populated
from fhir_mappings.cql.other_uses import other_use_codes, other_use_words
from fhir_mappings.disease.diagnoses import (
    ANOTHER_CANCER,
    CANCER_WORD,
    HISTORY_CODE,
    NOT_A_PRIMARY,
    OTHER_NAMES,
    PRIMARY_CODE,
)
from fhir_mappings.findings.fhir_kinds import FHIR_KINDS
from fhir_mappings.population.phrases import Codes, either, filled, found_in_lower, listed, text, texts, token
from fhir_mappings.population.status_lists import categories, observed
from fhir_mappings.publication.versions import semantic
from fhir_mappings.r4.raw_marks import TURNING
from fhir_mappings.r4.status_rules import STATUSES
from fhir_mappings.text_forms.denials import speaks_of_another, takes_back
from policies.kinds.disease import DIAGNOSIS, DISEASE_EXTENT
from policies.kinds.treatment import PROGRESSION_ON_THERAPY
from policies.model.criteria import Fact
from policies.model.policy import Policy
from policies.terminology.registry import Terminology
from policies.terminology.value_sets import CodeSet

BASE = "https://payer.invalid"
"""What stands for our own base URL in the logic on file; a running service puts its own in its place."""


def library_name(policy: Policy) -> str:
    """Return the name of a policy's library, in CQL and as a resource."""
    return "".join(part.capitalize() for part in policy.id.split("-"))


def written(policy: Policy, terminology: Terminology, base: str = BASE) -> str:
    """Write the library of a policy; `base` is our own base URL."""
    codes = Codes(policy, terminology)
    return "".join(_parts(codes, populated(codes), base))


def _parts(codes: Codes, facts: tuple[Fact, ...], base: str) -> Iterator[str]:
    yield filled(_template("common"), _head(codes, base))
    order = list(FHIR_KINDS)
    found = ((one, FHIR_KINDS[one.kind].logic) for one in sorted(facts, key=lambda one: order.index(one.kind)))
    logics = [(fact, logic) for fact, logic in found if logic is not None]
    for shared in dict.fromkeys(logic.shared for _, logic in logics):
        if shared is not None:
            yield filled(_template(shared.name), shared.values(codes, facts))
    for fact, logic in logics:
        values = logic.values(codes, fact) | {"fact": fact.name, "what": fact.what}
        yield from (filled(_template(one), values) for one in logic.begins_with)
        yield filled(_template(logic.template or fact.kind.name), values)


def _template(name: str) -> str:
    return files("fhir_mappings.cql").joinpath("logic", f"{name}.cql").read_text(encoding="utf-8")


def _disease(codes: Codes) -> dict[str, str]:
    """Return what the logic knows of the diseases of the policy: their codes, what hints at them, their titles."""
    members = [one for disease in codes.diseases for one in disease.members if one.decides]
    own = {one.code[:3] for one in members if one.system.dots_may_be_missing}
    return {
        "disease": listed(members),
        "hints": listed(codes.of_kind(DIAGNOSIS, "suggests")),
        "other_hints": listed(codes.of_kind(DIAGNOSIS, "suggests", ANOTHER_CANCER)),
        "categories": texts(sorted(own)),
        "disease_titles": texts(one.title.lower() for one in codes.diseases),
    }


def _cancers(codes: Codes) -> dict[str, str]:
    """Return by which codes and words a record names a cancer, and by which words one that is no primary."""
    return {
        "cancer_codes": either(PRIMARY_CODE, HISTORY_CODE, other_use_codes(codes)),
        "cancer_words": found_in_lower(re.compile(f"{CANCER_WORD.pattern}|{other_use_words(codes)}")),
        "no_primary": found_in_lower(NOT_A_PRIMARY),
    }


def _systems(codes: Codes) -> dict[str, str]:
    """Return how code systems are spelled, and those in which upper and lower case are the same."""
    systems = codes.terminology.systems.values()
    loose = (uri for one in systems if one.ignores_case for uri in (one.uri, *one.also))
    spelled = (f"if uri in {texts((one.uri, *one.also))} then {text(one.name)}" for one in systems)
    return {"systems": "\n  else ".join(spelled), "loose": texts(loose)}


def _head(codes: Codes, base: str) -> dict[str, str]:
    policy, diseases = codes.policy, codes.diseases
    names = tuple(member for kind, parameter in OTHER_NAMES for member in codes.of_kind(kind, parameter))
    own = (one for disease in diseases for one in disease.members if one.decides)
    tests = ((DISEASE_EXTENT, "stage_tests"), (PROGRESSION_ON_THERAPY, "status_tests"))
    read = (*own, *names, *(member for one in tests for member in codes.of_kind(*one)))
    return (
        observed()
        | categories()
        | _systems(codes)
        | {
            "fitting": texts(f"{token(one.system, one.code)}|{one.display.lower()}" for one in read),
            "titles": texts(one for disease in diseases for one in _titles(disease)),
            "name": library_name(policy),
            "version": semantic(policy.version),
            "base": base,
            "digest": digest(policy, codes.terminology),
            "known_statuses": texts(sorted(STATUSES)),
            "turning": found_in_lower(TURNING),
            "names": listed(names),
        }
        | _disease(codes)
        | _cancers(codes)
    )


_SPOKEN = ("{}", "{}, left", "{}, right", "left {}", "right {}", "metastatic {}", "{} in relapse", "relapsed {}")
"""How people mostly write a diagnosis beside its code; what admission does not take for the disease is left out."""


def _titles(disease: CodeSet) -> Iterator[str]:
    """Yield the words, in lower case, that admission takes for the disease beside any of its codes."""
    primary = sites_in(disease.title)
    spoken = [form.format(disease.title) for form in _SPOKEN]
    for word in (*spoken, *(one.display for one in disease.members if one.decides)):
        if not takes_back(word) and not speaks_of_another(word, primary, primary, disease.title):
            yield word.lower()
