"""Population logic of treatments: a drug by its codes, never by text, and never by a code that its display belies."""

import re
from collections.abc import Iterable, Iterator
from types import MappingProxyType

from fhir_mappings.population.logic_record import SharedPart
from fhir_mappings.population.phrases import ANYTHING, Codes, answers, found_in_lower, of_words, text, texts, token
from fhir_mappings.population.status_lists import treated
from fhir_mappings.text_forms.denials import denial
from policies.model.criteria import Fact
from policies.terminology.drugs import Drug
from policies.terminology.routes import route_words
from policies.terminology.value_sets import DrugSet

_ACCENTS = MappingProxyType({"a": "\u00e1", "e": "\u00e9", "i": "\u00ed", "o": "\u00f3", "u": "\u00fa"})
_ACCENTED = re.compile("[aeiou]")


def _prelude(codes: Codes, facts: Iterable[Fact]) -> dict[str, str]:
    """Return the values of the part that all facts of treatments share."""
    systems = {code.system.name for drug in codes.drugs.by_id.values() for code in drug.codes}
    return treated() | {
        "denied": found_in_lower(denial("not_given")),
        "systems": texts(sorted(systems)),
        "drugs": "\n\n".join(_drugs(codes, facts)),
        "local": _local_words(),
        "local_codes": texts(sorted(_local_codes(codes))),
    }


def _local_words() -> str:
    """Write the words of what is not given for the whole body, with and without accents."""
    table = route_words()
    found = sorted(" ".join(one) for one, routes in table.phrases.items() if routes <= table.groups["local"])
    words = "|".join(_ACCENTED.sub(lambda hit: f"[{hit[0]}{_ACCENTS[hit[0]]}]", re.escape(one)) for one in found)
    return text(f"(?:{ANYTHING}[^a-z])?(?:{words})(?:[^a-z]{ANYTHING})?")


def _local_codes(codes: Codes) -> Iterator[str]:
    table, system = route_words(), codes.terminology.systems["SNOMED"]
    for (uri, code), routes in table.codes.items():
        if uri == system.uri and routes <= table.groups["local"]:
            yield token(system, code)


def is_bound(codes: Codes, fact: Fact) -> bool:
    """Return whether a fact asks for a drug that is bound to a route: logic finds drugs by their codes alone."""
    name = str(fact.parameters.get("drugs", ""))
    known = codes.terminology.sets.get((name, codes.policy.value_sets.get(name, "")))
    asked = known.roles if isinstance(known, DrugSet) else ()
    names = (*asked, codes.policy.figures.product.drug)
    return any(codes.drugs.by_id[one].routes for one in names if one in codes.drugs.by_id)


def _drugs(codes: Codes, facts: Iterable[Fact]) -> Iterator[str]:
    own = codes.drugs.by_id[codes.policy.figures.product.drug]
    yield f'define "Codes of the drug":\n  {texts(codes.of_drug(own))}'
    yield (
        'define function "Is the drug"(concept FHIR.CodeableConcept, tokens List<String>):\n'
        f'  "Is"(concept, tokens, "Codes of the drug", {_named(codes, own)})'
    )
    classes = {drug for fact in facts if "drugs" in fact.parameters for drug in codes.drugs_of(fact)}
    read = sorted(classes, key=lambda one: one.id)
    together = ", ".join(('"Codes of the drug"', *map(tokens_of, read)))
    yield f'define "Codes that are read":\n  flatten {{ {together} }}'
    for drug in read:
        yield f"define {tokens_of(drug)}:\n  {texts(codes.of_drug(drug))}"


TREATMENTS = SharedPart("treatments", _prelude)
"""The part that the facts of treatments share."""


def tokens_of(drug: Drug) -> str:
    """Name the list of the codes of a drug."""
    return f'"Codes of {drug.id}"'


def _named(codes: Codes, drug: Drug) -> str:
    """Write the words that name a drug, and those that name a drug that is made of it."""
    others = (one for one in codes.drugs.by_id.values() if one.derived_from == drug.id)
    made_of_it = sorted({word for one in others for word in codes.drugs.names_of(one)})
    return f"{of_words(codes.drugs.names_of(drug))}, {of_words(made_of_it) if made_of_it else text('')}"


def is_drug(codes: Codes, drug: Drug) -> str:
    """Write whether a record R is of a drug."""
    return f'"Is"(R.drug, R.tokens, {tokens_of(drug)}, {_named(codes, drug)})'


def given_values(codes: Codes, fact: Fact) -> dict[str, str]:
    """Return the values for a class of drugs."""
    return {"any": "\n    or ".join(is_drug(codes, drug) for drug in codes.drugs_of(fact))}


def partner_values(codes: Codes, fact: Fact) -> dict[str, str]:
    """Return the values for the partners; one is named only if no record names, or may name, another."""
    partners = codes.drugs_of(fact)
    return {
        "within_days": str(fact.parameters["within_days"]),
        "words": "\n".join(_partner(codes, fact, one, partners) for one in partners),
        "answers": answers(fact),
    }


def _partner(codes: Codes, fact: Fact, drug: Drug, partners: tuple[Drug, ...]) -> str:
    others = [f'"Has"(R.tokens, {tokens_of(one)})' for one in partners if one is not drug]
    others.append("exists (R.tokens T where StartsWith(T, 'NDC|'))")
    return (
        f'    when exists ("{fact.name}: beside the order" R where {is_drug(codes, drug)})\n'
        f'      and not exists ("Records" R\n'
        f"        where if {' or '.join(others)}\n"
        f'        then "{fact.name}: may run"(R.began) and not {is_drug(codes, drug)} else false)\n'
        f"    then {text(drug.id)}"
    )
