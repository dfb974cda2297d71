"""Every example of a kind comes to what its record says, by the policy of the test world that asks for it."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date
from types import MappingProxyType

import pytest

from fhir_mappings.cases.case_runner import chart_of
from fhir_mappings.cases.chart_sketch import draw
from fhir_mappings.chart.policy_chart import Reading
from fhir_mappings.findings.gathered import gather
from fhir_mappings.sketches.names import Names
from fhir_mappings.wording import wording
from policies.files.yaml_source import parse
from policies.kinds.registry import KINDS
from policies.model.case_words import Example
from policies.model.dates import CallDay, OrderDate
from policies.model.fact_kinds import Kind
from policies.model.findings import Finding, Range, State
from policies.model.policy import Fact, Policy
from policies.testcases import reader
from tests import world

DAY = date(2026, 6, 15)
CATALOGUE = world.policies()


def asking(kind: Kind) -> Policy:
    """A policy that asks for a kind; the first one with a fact of the kind's usual value sets, if none does."""
    asked = (policy for policy in CATALOGUE.all if policy.fact_of_kind(kind) is not None)
    return next(asked, None) or made(kind)


def made(kind: Kind) -> Policy:
    """A policy with a fact of a kind beside its own, of the usual value sets; numbers of days are 90."""
    policy = CATALOGUE.all[-1]
    newest = dict(sorted(CATALOGUE.terminology.sets))
    given = {name: kind.usual.get(name, 90) for name in kind.parameters}
    silent = Finding.unknown() if kind.settled is None else Finding.known(kind.settled)
    fact = Fact(
        "made", kind.finds, kind, MappingProxyType(given), "Is it so?", (), frozenset(), MappingProxyType({}), silent
    )
    pins = {**{name: newest[name] for name in kind.usual.values()}, **policy.value_sets}
    others = {name: one for name, one in policy.facts.items() if one.kind is not kind}
    return replace(policy, facts={**others, "made": fact}, value_sets=pins)


def stands_for(policy: Policy, fact: Fact) -> Mapping[str, str]:
    """What the places of an example stand for in a policy."""
    disease = CATALOGUE.terminology.codes(policy.disease, policy.value_sets[policy.disease])
    drug = policy.figures.product.drug
    found = {"<disease>": next(one.code for one in disease.members if one.decides), "<ordered>": drug}
    name = str(fact.parameters.get("drugs", ""))
    if name:
        name = policy.figures.lines.drugs if name == "all" else name
        roles = CATALOGUE.terminology.drug_set(name, policy.value_sets[name]).roles
        main = (one for one, role in sorted(roles.items()) if role in ("", "main") and one != drug)
        found["<drugs>"] = next(one for one in main if CATALOGUE.drugs.by_id[one].codes)
    return found


def filled(text: str, places: Mapping[str, str]) -> str:
    for place, word in places.items():
        text = text.replace(place, word)
    return text


def read(policy: Policy, fact: Fact, example: Example) -> str:
    places = stands_for(policy, fact)
    lines = ", ".join(filled(line, places) for line in example.chart)
    chart = f", chart: [{lines}]" if lines else ""
    order = f"{{drug: {policy.figures.product.drug}, on: {DAY}}}"
    text = (
        f"policy: {policy.id}\ncases:\n  - {{case: An example, order: {order}, expect: {{ruling: unknown}}{chart}}}\n"
    )
    (case,) = reader.build(parse(text, "cases/example.yaml"), CATALOGUE)
    drawn = chart_of(draw(case.chart, Names(CATALOGUE, policy)), CATALOGUE, [policy])
    reading = Reading(drawn, policy, CATALOGUE.terminology, OrderDate(DAY), CallDay(DAY), wording())
    return in_words(gather(reading, [fact])[fact.name])


def in_words(found: Finding) -> str:
    if found.state is not State.KNOWN:
        return found.state.value
    if isinstance(found.value, Range):
        low, high = found.value.at_least, found.value.at_most
        return f"{low} or more" if high is None else str(low) if low == high else f"{low} to {high}"
    return found.value if isinstance(found.value, str) else "yes" if found.value else "no"


def examples() -> Iterator[object]:
    for kind in KINDS.values():
        for example in kind.examples:
            yield pytest.param(kind, example, id=f"{kind.name} {example.chart} {example.comes_to}")


@pytest.mark.parametrize(("kind", "example"), tuple(examples()))
def test_an_example_comes_to_what_its_kind_says(kind: Kind, example: Example) -> None:
    policy = asking(kind)
    fact = policy.fact_of_kind(kind)
    assert fact is not None
    assert read(policy, fact, example) == filled(example.comes_to, stands_for(policy, fact))


WITHOUT_POLICY = ("intolerance", "performance_status", "progression_on_therapy")


@pytest.mark.parametrize("name", WITHOUT_POLICY)
def test_an_example_needs_no_policy_that_asks_for_its_kind(name: str) -> None:
    kind = KINDS[name]
    policy = made(kind)
    for example in kind.examples:
        assert read(policy, policy.facts["made"], example) == example.comes_to
