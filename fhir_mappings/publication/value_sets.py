"""FHIR out: the value sets of the policies as ValueSet resources, one a file and version.

Source: FHIR R4, ValueSet. Only a verified code stands in one, since no other decides. A set of drugs holds the codes of
its drugs in the newest drug table. Where a set says what each code means, each meaning is a value set of its own too.

    value_sets(catalogue, base, publisher)  every ValueSet, each with its id, url and version
    canonical(base, name, version)          how one is named: {base}/fhir/ValueSet/{name}|{version}
    fhir_mappings.publication.expansion           the same with its codes as an expansion
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from policies.catalogue import Catalogue
from policies.model.criteria import Fact
from policies.model.policy import Policy
from policies.terminology.drugs import Drug, DrugCode, Drugs
from policies.terminology.value_sets import CodeSet, DrugSet, Member, ValueSet

Json = dict[str, Any]
_PATH = "/fhir/ValueSet/"
_NOT_IN_ID = re.compile(r"[^a-z0-9]+")
_NOT_IN_NAME = re.compile(r"[^A-Za-z0-9]+")
_VERIFIED = "verified"
_DRUG_TABLE = "drugs"


@dataclass(frozen=True, slots=True)
class Term:
    """A code as FHIR names it: the URI of its system, the code, and what it is called."""

    system: str
    code: str
    display: str


@dataclass(frozen=True, slots=True)
class TermSet:
    """A value set before it is written; `name` is its id, `version` a date."""

    name: str
    version: str
    title: str
    says: str
    terms: tuple[Term, ...]


def canonical(base: str, name: str, version: str) -> str:
    """Return the canonical URL, with its version, of a value set; `base` is our own base URL."""
    return f"{base}{_PATH}{name}|{version}"


def value_sets(catalogue: Catalogue, base: str, publisher: str) -> tuple[Json, ...]:
    """Write every value set on file, and the options of every question, by name and version."""
    sets = (*_of_files(catalogue), *_of_options(catalogue.all, base))
    return tuple(written(one, base, publisher) for one in sorted(sets, key=lambda one: (one.name, one.version)))


def written(terms: TermSet, base: str, publisher: str) -> Json:
    """Write a value set: each of its codes, by system."""
    return {
        "resourceType": "ValueSet",
        "id": terms.name,
        "meta": {"versionId": terms.version},
        "url": f"{base}{_PATH}{terms.name}",
        "version": terms.version,
        "name": _computable(terms.name),
        "title": terms.title,
        "status": "active",
        "experimental": False,
        "date": terms.version,
        "publisher": publisher,
        "description": terms.says,
        "immutable": True,
        "compose": {"include": list(_includes(terms.terms))},
    }


def _includes(terms: Iterable[Term]) -> Iterator[Json]:
    by_system: dict[str, list[Json]] = {}
    for one in dict.fromkeys(terms):
        by_system.setdefault(one.system, []).append({"code": one.code, "display": one.display})
    for system, concepts in by_system.items():
        yield {"system": system, "concept": concepts}


def _of_files(catalogue: Catalogue) -> Iterator[TermSet]:
    words, newest = catalogue.terminology, catalogue.drugs
    for one in words.sets.values():
        yield from _of_file(one, newest)
    for table in words.drug_tables.values():
        says = "Every product code of every drug in the drug table."
        codes = tuple(_of_drugs(table.by_id.values()))
        yield TermSet(_DRUG_TABLE, table.version, "Drugs", says, codes)
        for name in sorted({policy.figures.product.drug for policy in catalogue.all} & table.by_id.keys()):
            yield _of_drug(table.by_id[name], table.version)


def _of_file(one: ValueSet, table: Drugs) -> Iterator[TermSet]:
    if isinstance(one, DrugSet):
        drugs = (table.by_id[name] for name in one.roles if name in table.by_id)
        yield TermSet(one.name, one.version, one.title, one.says, tuple(_of_drugs(drugs)))
        return
    members = [member for member in one.members if member.decides]
    if members:
        yield TermSet(one.name, one.version, one.title, one.says, tuple(map(_of_member, members)))
    yield from _of_meanings(one, members)


def _of_meanings(one: CodeSet, members: Iterable[Member]) -> Iterator[TermSet]:
    """Yield the codes of each meaning that a set tells apart: her2-tests-ihc, say."""
    meanings: dict[str, list[Term]] = {}
    for member in members:
        if member.means:
            meanings.setdefault(member.means, []).append(_of_member(member))
    for means, terms in meanings.items():
        says = f"Those codes of '{one.title}' that mean: {means}."
        yield TermSet(part_of(one.name, means), one.version, f"{one.title}: {means}", says, tuple(terms))


def part_of(name: str, means: str) -> str:
    """Return the name of the part of a value set that has one meaning; a plus sign is written in letters."""
    return f"{name}-{_slug(means)}"


def _slug(text: str) -> str:
    return _NOT_IN_ID.sub("-", text.lower().replace("+", "plus").replace("<", "below ")).strip("-")


def _of_drug(drug: Drug, version: str) -> TermSet:
    says = f"Every product code of {drug.name}."
    return TermSet(f"drug-{drug.id}", version, drug.name.capitalize(), says, tuple(_of_drugs([drug])))


def _of_drugs(drugs: Iterable[Drug]) -> Iterator[Term]:
    for drug in drugs:
        yield from (_of_code(code) for code in drug.codes if code.confidence == _VERIFIED)


def _of_code(code: DrugCode) -> Term:
    return Term(code.system.uri, code.code, code.display)


def _of_member(member: Member) -> Term:
    return Term(member.system.uri, member.code, member.display)


def _of_options(policies: Iterable[Policy], base: str) -> Iterator[TermSet]:
    for policy in policies:
        for fact in policy.facts.values():
            if fact.options:
                yield _options(policy, fact, base)


def _options(policy: Policy, fact: Fact, base: str) -> TermSet:
    name = f"answers-{policy.id}-{_slug(fact.name)}"
    terms = tuple(Term(answer_system(base), option, option) for option in fact.options)
    return TermSet(name, policy.version.isoformat(), f"Answers: {fact.what}", f"Answers to: {fact.ask}", terms)


def answer_system(base: str) -> str:
    """Return the code system of the options of our policies."""
    return f"{base}/fhir/CodeSystem/answers"


def _computable(name: str) -> str:
    return "".join(part.capitalize() for part in _NOT_IN_NAME.split(name))
