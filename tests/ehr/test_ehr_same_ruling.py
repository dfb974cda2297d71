"""A chart is judged alike, however it comes: whole, by our own templates filled in word by word, fetched, by pages."""

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from cds_service.app.settings import Settings
from fhir_mappings.chart.kept_records import KEPT, PLANS
from fhir_mappings.r4.claims import CLAIMS
from fhir_mappings.r4.searches import FOLLOWED, SEARCHES, Search, Use, searches
from hooks.records.register_port import NoRegister
from hooks.response.service import Answering
from policies.catalogue import Catalogue
from policies.model.dates import CallDay
from tests import world
from tests.ehr.charts import Charted, filled, of_samples, of_this_folder, whole
from tests.ehr.server import RecordSystem, running
from tests.world import compose, store

Json = dict[str, Any]
_PAGE, _ALL = 20, 1000


@pytest.fixture(scope="module")
def shipped() -> Catalogue:
    return world.shipped()


@pytest.fixture(scope="module")
def service(shipped: Catalogue) -> Answering:
    settings = Settings(base_url="https://cds.example.org", time_budget_seconds=60)
    return replace(compose(settings, shipped, None, store()).order_sign, register=NoRegister())


@pytest.fixture(scope="module")
def templates(service: Answering) -> dict[str, str]:
    return dict(service.charts.templates)


@pytest.fixture(scope="module")
def ehr() -> Iterator[RecordSystem]:
    with running(RecordSystem()) as system:
        yield system


def ruled(service: Answering, charted: Charted, members: Json) -> list[Json]:
    """What became of each order: ruling, criteria with their evidence, questions, conflicts."""
    on_day = replace(service, today=lambda: CallDay(charted.day))
    answer = on_day.answer(json.dumps(charted.call | members).encode())
    orders = json.loads(answer.body)["extension"]["cds-service.explain"]["orders"]
    return [{name: one.get(name) for name in _COMPARED} for one in orders]


_COMPARED = ("order", "policy", "request", "coverage", "ruling", "criteria", "questions", "conflicts", "proposed")


def ways(charted: Charted, templates: dict[str, str], ehr: RecordSystem) -> Iterator[tuple[str, Json]]:
    """Yield each way in which a chart comes; pages of a prefetch only where there are some."""
    ehr.records.held.clear()
    ehr.records.add(charted.resources)
    yield "whole", {"prefetch": whole(templates, charted)}
    ehr.page = _ALL
    yield "by literal templates", {"prefetch": filled(templates, charted, ehr)}
    ehr.page = _PAGE
    yield "fetched by pages", {"fhirServer": ehr.base}
    paged = filled(templates, charted, ehr)
    if any(one.get("link") for one in paged.values() if one):
        yield "by literal templates, first pages", {"prefetch": paged, "fhirServer": ehr.base}


def differing(service: Answering, charted: Charted, templates: dict[str, str], ehr: RecordSystem) -> Iterator[str]:
    expected: list[Json] | None = None
    for name, sent in ways(charted, templates, ehr):
        found = ruled(service, charted, sent)
        if expected is None:
            expected = found
        if found != expected:
            yield f"{charted.id}: {name}: {found} instead of {expected}"


def test_every_test_chart_is_judged_alike_however_it_comes(
    service: Answering, shipped: Catalogue, templates: dict[str, str], ehr: RecordSystem
) -> None:
    charts = (*of_samples(), *of_this_folder(shipped))
    assert len(charts) > 200
    assert [one for chart in charts for one in differing(service, chart, templates, ehr)] == []


def test_pages_are_followed_to_their_end(service: Answering, templates: dict[str, str], ehr: RecordSystem) -> None:
    """The sample whose chart is longest fills several pages of each kind."""
    longest = max(of_samples(), key=lambda one: len(one.resources))
    ehr.tells_total, ehr.page = False, 3
    ehr.records.held.clear()
    ehr.records.add(longest.resources)
    ehr.asked.clear()
    by_pages = ruled(service, longest, {"fhirServer": ehr.base})
    assert sum("_getpages" in one for one in ehr.asked) > 3
    assert by_pages == ruled(service, longest, {"prefetch": whole(templates, longest)})


def test_what_is_asked_is_what_r4_can_search_for(templates: dict[str, str]) -> None:
    """The server of these tests refuses every parameter and include that R4 does not have."""
    system, charted = RecordSystem(), next(of_samples())
    assert set(filled(templates, charted, system)) == set(templates)


def test_the_page_lists_what_the_table_holds() -> None:
    page = (Path(__file__).parents[2] / "docs" / "fetching.md").read_text(encoding="utf-8")
    listed = [line for line in page.splitlines() if re.match(r"\| [A-Z]\w+ \| `", line)]
    assert listed == [_row(one) for one in SEARCHES]


def _row(one: Search) -> str:
    by = [f"`{name}`" for name in (one.by, one.only, one.codes) if name] or ["id"]
    return (
        f"| {one.kind} | `{one.key}` | {', '.join(by)} | {', '.join(f'`{name}`' for name in one.includes)} |".replace(
            "|  |", "| |"
        )
    )


def test_a_type_that_no_fact_rests_on_is_not_asked_for() -> None:
    uses = (Use.COVERAGE, Use.CHART)
    assert [one.kind for one in searches({"Condition"}, uses)] == ["Patient", "Coverage", "Condition"]
    assert "DiagnosticReport" in {one.kind for one in searches({"Observation"}, uses)}
    assert [one.kind for one in searches({"Condition"}, (Use.COVERAGE,))] == ["Patient", "Coverage"]


def test_what_the_chart_keeps_of_a_patient_is_searched_for_or_referred_to() -> None:
    known = {one.kind for one in SEARCHES} | FOLLOWED
    assert KEPT - known - PLANS == CLAIMS - known
