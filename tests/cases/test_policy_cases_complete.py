"""The cases on file cover the policies: every criterion in every truth, and both sides of every figure."""

import copy
import dataclasses
from collections.abc import Iterator
from decimal import Decimal
from functools import cache
from importlib.resources import files
from pathlib import Path as FilePath
from typing import Any

import pytest
from casebook_files import POLICIES, cases_on_file, catalogue_on_file

from fhir_mappings import casework
from fhir_mappings.judging import Judge
from fhir_mappings.sketches.drawing import draw, draw_orders
from fhir_mappings.sketches.names import Names
from fhir_mappings.wording import wording
from policies.building.policy import build
from policies.casebook import Case
from policies.catalogue import Catalogue
from policies.problems import Path, PolicyError, place
from policies.truth import Truth
from policies.yaml_source import Source, read

LEAST_CASES = 25

CANNOT_BE = {
    ("order.patient-living", Truth.UNKNOWN): "where no death is on record the patient is taken as living",
    ("continuation.duration", Truth.UNKNOWN): "neither policy sets a maximum, so that it is met by the policy itself",
    ("continuation.duration", Truth.NOT_MET): "neither policy sets a maximum, so that it is met by the policy itself",
}

SAME_ANYWAY = {
    "margetuximab: definitions.her2-ish.rows[1].ratio.below + 0.1": "a ratio of 2.0 is taken by the row above",
    "margetuximab: definitions.her2-ish.rows[2].ratio.below + 0.1": "a ratio of 2.0 is taken by the row above",
    "margetuximab: definitions.her2-ish.rows[2].copies.below + 0.1": "6.0 copies are taken by the row above",
    "margetuximab: definitions.her2-ish.rows[3].ratio.below + 0.1": "a ratio of 2.0 is taken by the row above",
    "margetuximab: definitions.her2-ish.rows[3].copies.below + 0.1": "4.0 copies are taken by the row above",
    "margetuximab: definitions.her2-ish.rows[5].copies.below + 0.1": "6.0 copies are taken by the row above",
    "margetuximab: definitions.her2-ish.rows[6].copies.below + 0.1": "4.0 copies are taken by the row above",
    "elranatamab: lines.lead_in_days + 1": "the myeloma drugs have no lead-in",
}
"""Changes of a figure that change nothing, with the reason."""


def cases_for(policy: str) -> tuple[Case, ...]:
    return tuple(case for case in cases_on_file() if case.policy == policy)


@pytest.mark.parametrize("policy", POLICIES)
def test_every_policy_has_cases_enough(policy: str) -> None:
    assert len(cases_for(policy)) >= LEAST_CASES


@pytest.mark.parametrize("policy", POLICIES)
def test_every_criterion_is_seen_met_not_met_and_unknown(policy: str) -> None:
    seen = {pair for case in cases_for(policy) for pair in case.expect.criteria.items()}
    (version,) = catalogue_on_file().versions(policy).policies
    criteria = [node.id for request in version.requests.values() for node in request.nodes()]
    gaps = [
        f"{name} is never {truth.value}"
        for name in dict.fromkeys(criteria)
        for truth in Truth
        if (name, truth) not in seen and (name, truth) not in CANNOT_BE
    ]
    assert gaps == []


@pytest.mark.parametrize("policy", POLICIES)
def test_every_question_is_answered_by_some_case(policy: str) -> None:
    (version,) = catalogue_on_file().versions(policy).policies
    answered = {name for case in cases_for(policy) for name in case.answered}
    asked = {fact.name for fact in version.facts.values() if fact.ask}
    assert asked - answered == set()


# ---- Both sides of every figure: a figure that is moved by one step fails a case ----


def figures(content: Any, path: Path = ()) -> Iterator[tuple[Path, int | Decimal]]:
    """Yield every figure that judges, with its place."""
    if isinstance(content, dict):
        for key, value in content.items():
            yield from figures(value, (*path, key))
    elif isinstance(content, list):
        for index, value in enumerate(content):
            yield from figures(value, (*path, index))
    elif isinstance(content, int | Decimal) and not isinstance(content, bool):
        yield path, content


JUDGING = ("definitions", "lines", "facts", "initial", "continuation", "continuation_after_days")


@cache
def source_of(policy: str) -> Source:
    (version,) = catalogue_on_file().versions(policy).dates
    file = FilePath(str(files("policies"))) / "data" / policy / f"{version}.yaml"
    return read(file, f"policies/{policy}/{version}.yaml")


def moved(policy: str, path: Path, figure: int | Decimal) -> Source:
    source = source_of(policy)
    content: Any = copy.deepcopy(source.content)
    inner = content
    for step in path[:-1]:
        inner = inner[step]
    inner[path[-1]] = figure
    return dataclasses.replace(source, content=content)


@cache
def prepared(policy: str) -> list[tuple[Case, Any, Any]]:
    """Draw every case once: the charts do not depend on the figures."""
    on_file = catalogue_on_file()
    versions = on_file.versions(policy).policies
    names = Names(on_file, versions[-1])
    return [
        (
            case,
            casework._chart(draw(case.chart, names), on_file, versions),
            [casework._order(one) for one in draw_orders(case.order, names)],
        )
        for case in cases_for(policy)
    ]


def failing(policy: str, by: Catalogue) -> Iterator[str]:
    judge = Judge(by, wording())
    for case, chart, orders in prepared(policy):
        judgement = judge.judge(orders, chart, case.order.signed, case.answered)[0]
        if any(casework._differences(case.expect, judgement)):
            yield case.sentence


@cache
def failing_anyway(policy: str) -> frozenset[str]:
    return frozenset(failing(policy, catalogue_on_file()))


def moves(policy: str) -> list[Any]:
    content: Any = source_of(policy).content
    found = [
        (path, figure, sign)
        for part in JUDGING
        for path, figure in figures(content[part], (part,))
        if path[-1] != "revision"
        for sign in ("+", "-")
    ]
    return [pytest.param(policy, *one, id=f"{policy}: {place(one[0])} {one[2]} {step(one[1])}") for one in found]


def step(figure: int | Decimal) -> int | Decimal:
    return 1 if isinstance(figure, int) else Decimal("0.1")


@pytest.mark.parametrize(("policy", "path", "figure", "sign"), [one for policy in POLICIES for one in moves(policy)])
def test_a_figure_that_is_moved_fails_a_case(policy: str, path: Path, figure: int | Decimal, sign: str) -> None:
    by = step(figure)
    source = moved(policy, path, figure + by if sign == "+" else figure - by)
    name = f"{policy}: {place(path)} {sign} {by}"
    try:
        changed = Catalogue([build(source, catalogue_on_file().terminology)], catalogue_on_file().terminology)
    except PolicyError:
        pytest.skip("the policy cannot be written so")
    noticed = any(sentence not in failing_anyway(policy) for sentence in failing(policy, changed))
    assert noticed is (name not in SAME_ANYWAY)
