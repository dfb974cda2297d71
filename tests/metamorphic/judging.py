"""The charts of the cases on file, judged as they are and as they are changed."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import msgspec

from fhir_mappings.cases.case_runner import judged
from fhir_mappings.cases.chart_sketch import draw
from fhir_mappings.cases.drawn_case import Drawn, chart_of, draw_case, kit_of
from fhir_mappings.judgement.judge import Judge
from policies.catalogue import Catalogue
from policies.evaluation.ruling import Reason
from policies.model.findings import Role
from policies.model.truth import Truth
from policies.testcases import reader
from policies.testcases.casebook import Case
from tests import world
from tests.metamorphic.changes import Json

_CHARTS = Path(__file__).parent.parent / "charts" / "cases"


def on_file() -> Catalogue:
    return world.shipped()


@cache
def cases() -> tuple[Case, ...]:
    return (*reader.load(on_file()), *reader.load(on_file(), _CHARTS))


def resources_of(case: Case) -> list[Json]:
    return draw(case.chart, kit_of(on_file(), case.policy).names)


def reasons(case: Case, resources: list[Json]) -> tuple[Reason, ...]:
    drawn = draw_case(case, on_file())
    chart = chart_of(resources, kit_of(on_file(), case.policy).codes)
    judgement = judged(Drawn(case, chart, drawn.orders, drawn.codes), Judge(on_file())).judgement
    return judgement.ruling.reasons if judgement is not None and judgement.ruling is not None else ()


@dataclass(frozen=True, slots=True)
class Seen:
    """A case as it is, judged once: its resources as JSON, each criterion's truth, and what is met on which records."""

    case: Case
    written: bytes
    truths: Mapping[str, Truth]
    met: Mapping[str, frozenset[str]]

    @property
    def resources(self) -> list[Json]:
        """Return the resources anew, to be changed."""
        found: list[Json] = msgspec.json.decode(self.written)
        return found


@cache
def seen(number: int) -> Seen:
    """Judge the case of a number, once."""
    case = cases()[number]
    resources = resources_of(case)
    found = reasons(case, resources)
    truths = {one.criterion.id: one.truth for one in found}
    return Seen(case, msgspec.json.encode(resources), truths, met(found))


def met(found: tuple[Reason, ...]) -> dict[str, frozenset[str]]:
    """Return the criteria that are met, each with the records that it rests on."""
    return {
        one.criterion.id: frozenset(item.reference for item in one.evidence if item.role is Role.FOR)
        for one in found
        if one.truth is Truth.MET
    }


def named(resource: Json) -> str:
    return f"{resource['resourceType']}/{resource['id']}"
