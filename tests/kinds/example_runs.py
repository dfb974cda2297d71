"""The examples of a kind run: drawn as a case draws them, and read by a policy."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from types import MappingProxyType

from fhir_mappings.cases.chart_sketch import draw
from fhir_mappings.cases.drawn_case import chart_of
from fhir_mappings.chart.policy_chart import Reading
from fhir_mappings.findings.gathered import gather, wanted_codings
from fhir_mappings.sketches.names import Names
from policies.catalogue import Catalogue
from policies.files.yaml_source import parse
from policies.model.case_words import Example
from policies.model.criteria import Fact
from policies.model.dates import CallDay, OrderDate
from policies.model.fact_kinds import Kind
from policies.model.findings import Finding, Interval, Range, State
from policies.model.policy import Policy
from policies.testcases import reader

DAY = date(2026, 6, 15)


def asking(kind: Kind, catalogue: Catalogue) -> Policy | None:
    """The first policy that asks for a kind."""
    return next((policy for policy in catalogue.all if policy.fact_of_kind(kind) is not None), None)


def made(kind: Kind, catalogue: Catalogue) -> Policy:
    """A policy with a fact of a kind beside its own, of the usual value sets; numbers of days are 90."""
    policy = catalogue.all[-1]
    newest = dict(sorted(catalogue.terminology.sets))
    given = {name: kind.usual.get(name, 90) for name in kind.parameters}
    silent = Finding.unknown() if kind.settled is None else Finding.known(kind.settled)
    fact = Fact(
        "made", kind.finds, kind, MappingProxyType(given), "Is it so?", (), frozenset(), MappingProxyType({}), silent
    )
    pins = {**{name: newest[name] for name in kind.usual.values()}, **policy.value_sets}
    others = {name: one for name, one in policy.facts.items() if one.kind is not kind}
    return replace(policy, facts={**others, "made": fact}, value_sets=pins)


def stands_for(policy: Policy, fact: Fact, catalogue: Catalogue) -> Mapping[str, str]:
    """What the places of an example stand for in a policy."""
    disease = catalogue.terminology.codes(policy.disease, policy.value_sets[policy.disease])
    drug = policy.figures.product.drug
    found = {"<disease>": next(one.code for one in disease.members if one.decides), "<ordered>": drug}
    name = str(fact.parameters.get("drugs", ""))
    if name:
        name = policy.figures.lines.drugs if name == "all" else name
        roles = catalogue.terminology.drug_set(name, policy.value_sets[name]).roles
        main = (one for one, role in sorted(roles.items()) if role in ("", "main") and one != drug)
        found["<drugs>"] = next(one for one in main if catalogue.drugs.by_id[one].codes)
    return found


def filled(text: str, places: Mapping[str, str]) -> str:
    for place, word in places.items():
        text = text.replace(place, word)
    return text


def read(policy: Policy, fact: Fact, example: Example, catalogue: Catalogue) -> str:
    places = stands_for(policy, fact, catalogue)
    lines = ", ".join(filled(line, places) for line in example.chart)
    chart = f", chart: [{lines}]" if lines else ""
    order = f"{{drug: {policy.figures.product.drug}, on: {DAY}}}"
    text = (
        f"policy: {policy.id}\ncases:\n  - {{case: An example, order: {order}, expect: {{ruling: unknown}}{chart}}}\n"
    )
    (case,) = reader.build(parse(text, "cases/example.yaml"), catalogue)
    drawn = chart_of(draw(case.chart, Names(catalogue, policy)), wanted_codings([policy], catalogue.terminology))
    reading = Reading(drawn, policy, catalogue.terminology, OrderDate(DAY), CallDay(DAY))
    return in_words(gather(reading, [fact])[fact.name])


def in_words(found: Finding) -> str:
    if found.state is not State.KNOWN:
        return found.state.value
    if isinstance(found.value, Range):
        low, high = found.value.at_least, found.value.at_most
        return f"{low} or more" if high is None else str(low) if low == high else f"{low} to {high}"
    if isinstance(found.value, Interval):
        return found.value.in_signs
    return found.value if isinstance(found.value, str) else "yes" if found.value else "no"


def run(kind: Kind, example: Example, catalogue: Catalogue) -> tuple[str, str]:
    """What an example comes to by the first policy that asks for the kind, and what its record says."""
    policy = asking(kind, catalogue)
    assert policy is not None
    fact = policy.fact_of_kind(kind)
    assert fact is not None
    return read(policy, fact, example, catalogue), filled(example.comes_to, stands_for(policy, fact, catalogue))
