"""Codes that decide, and value sets: what is pinned must be used, and what decides must be verified."""

from collections.abc import Iterator

from policies.catalogue import UNSPECIFIC
from policies.checks.remarks import Remark, doubt, fault
from policies.files.yaml_source import Source
from policies.model.policy import Policy
from policies.terminology.drugs import Drugs
from policies.terminology.registry import DRUG_TABLE, Terminology
from policies.terminology.routes import of_words, route_words
from policies.terminology.value_sets import CodeSet, DrugSet

VERIFIED = "verified"
VERIFY = "add a code with a source that shows it, and call it verified"


def used_sets(policy: Policy) -> tuple[str, ...]:
    """Return the names of the value sets that facts and figures of a policy are read with, in order of first use."""
    named = (
        str(fact.parameters[parameter])
        for fact in policy.facts.values()
        for parameter, sort in fact.kind.parameters.items()
        if (sort.is_codes or sort.is_drugs) and parameter in fact.parameters
    )
    first = (name for one in policy.views for name in _of_figures(one))
    uncovered = policy.indications.uncovered.values() if policy.indications is not None else ()
    return tuple(name for name in dict.fromkeys((*first, *uncovered, *named)) if name in policy.value_sets)


def _of_figures(policy: Policy) -> Iterator[str]:
    figures = policy.figures
    yield from (policy.disease, figures.lines.drugs, figures.lines.intents)
    if figures.weight is not None:
        yield figures.weight.tests
    yield from figures.safety_tests


def check(policy: Policy, source: Source, terminology: Terminology) -> Iterator[Remark]:
    """Yield what is wrong with the codes and the pinned value sets of a policy."""
    yield from _product(policy, source, terminology)
    used = used_sets(policy)
    for name in policy.value_sets:
        if name not in (*used, DRUG_TABLE, UNSPECIFIC):
            cause = f"The value set '{name}' is pinned, but no fact and no figure uses it"
            yield fault(source, ("value_sets", name), cause, "use it, or delete the line")
    for name in used:
        pinned = terminology.sets[name, policy.value_sets[name]]
        if isinstance(pinned, CodeSet):
            yield from _codes(source, pinned)
        else:
            yield from _drugs(policy, source, pinned, terminology)


def _product(policy: Policy, source: Source, terminology: Terminology) -> Iterator[Remark]:
    drugs, product = terminology.drugs(policy.value_sets[DRUG_TABLE]), policy.figures.product
    if not any(code.confidence == VERIFIED for code in drugs.by_id[product.drug].codes):
        cause = f"'{product.drug}' has no verified code in the drug table, so that no order can name it"
        yield fault(source, ("product", "drug"), cause, VERIFY)
    latest = max(terminology.drug_tables)
    if product.drug not in terminology.drugs(latest).by_id:
        cause = f"'{product.drug}' is not in the newest drug table, of {latest}, so that no order can name it"
        yield fault(source, ("product", "drug"), cause, f"write a drug table of a later day 'beside: {latest}' with it")
    if not product.billing_code:
        return
    billed = [one.drug.id for one in drugs.matches(product.billing_system, product.billing_code)]
    if product.drug not in billed:
        other = f": it is a code of '{billed[0]}'" if billed else ""
        cause = f"'{product.billing_code}' is no verified code of '{product.drug}'{other}"
        yield fault(source, ("product", "billing", "code"), cause, "name a verified code of the drug table")


def _codes(source: Source, pinned: CodeSet) -> Iterator[Remark]:
    place = ("value_sets", pinned.name)
    deciding = {one.means for one in pinned.members if one.decides}
    if not deciding:
        yield fault(
            source, place, f"No code of the value set '{pinned.name}' is verified, so that none decides", VERIFY
        )
        return
    for means in sorted({one.means for one in pinned.members} - deciding - {""}):
        cause = f"No code of '{pinned.name}' that means '{means}' is verified, so that none is read as that"
        yield doubt(source, place, cause, VERIFY)


def _drugs(policy: Policy, source: Source, pinned: DrugSet, terminology: Terminology) -> Iterator[Remark]:
    drugs = terminology.drugs(policy.value_sets[DRUG_TABLE])
    seen = [name for name in pinned.roles if codes_of(drugs, name)]
    place = ("value_sets", pinned.name)
    if not seen:
        cause = f"No drug of the value set '{pinned.name}' has a verified code, so that none is ever found"
        yield fault(source, place, cause, VERIFY)
    yield from _routes(source, pinned, drugs)
    for name in (name for name in pinned.roles if seen and name not in seen):
        cause = f"'{name}' of '{pinned.name}' has no verified code in the drug table, so that no record shows it"
        yield doubt(source, place, cause, VERIFY)


def _routes(source: Source, pinned: DrugSet, drugs: Drugs) -> Iterator[Remark]:
    """Yield a fault for a drug of a set that is called by a route ("Inhaled controllers") and is not bound to it."""
    said, known = of_words(pinned.title), route_words()
    for name in pinned.roles if said is not None else ():
        bound = known.named(drugs.by_id[name].routes) if name in drugs.by_id else frozenset[str]()
        if said is not None and not (bound and bound <= said.routes):
            cause = f"'{pinned.name}' is called '{pinned.title}', and '{name}' is not bound to that route"
            mend = "name a drug that says its 'route' in the drug table"
            yield fault(source, ("value_sets", pinned.name), cause, mend)


def codes_of(drugs: Drugs, name: str) -> frozenset[str]:
    """Return the verified codes by which a chart can show a drug: its own, and those of combinations that hold it."""
    holding = (drug for drug in drugs.by_id.values() if name == drug.id or name in drug.contains)
    return frozenset(code.code for drug in holding for code in drug.codes if code.confidence == VERIFIED)
