"""The timeline: drawn for every chart, no part on another, and the same in the picture as in the table."""

import re
from collections.abc import Iterator
from datetime import date, timedelta
from itertools import combinations
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jinja2 import Environment, FileSystemLoader
from markupsafe import escape

import cds_service
from cds_service.app.container import Container
from cds_service.pictures.timeline_layout import Picture, picture
from cds_service.pictures.timeline_words import TimelineWords, in_words
from fhir_mappings.clinical.dates import Span
from fhir_mappings.judgement.judge import Judgement
from fhir_mappings.therapy.timeline import Band, Course, Lane, Result, Timeline, timeline
from fhir_mappings.wording import wording
from hooks.discovery import for_call
from tests.charts.charts_on_file import charts, result_of

PACKAGE = Path(cds_service.__file__).parent
SAMPLES = sorted((PACKAGE / "samples").glob("*.json"))
DRAWING = Environment(loader=FileSystemLoader(PACKAGE / "templates"), autoescape=True).from_string(
    '{% from "parts/timeline.html" import timeline %}{{ timeline(words, picture, say) }}'
)


def words_of(judgement: Judgement, language: str = "en") -> TimelineWords | None:
    sheet = judgement.safety
    return in_words(timeline(sheet.reading, judgement.findings), wording(language)) if sheet is not None else None


def drawn(words: TimelineWords) -> str:
    return DRAWING.render(words=words, picture=picture(words), say=wording())


def crossings(shown: Picture) -> list[tuple[object, object]]:
    return [(one, two) for one, two in combinations(shown.boxes, 2) if one.lies_on(two)]


def held(words: TimelineWords) -> None:
    """Fail unless the picture has no part on another, none outside, and all that the table has."""
    shown = picture(words)
    assert crossings(shown) == []
    for box in shown.boxes:
        assert box.x >= 0
        assert box.right <= shown.width + 0.2
        assert box.y >= 0
        assert box.bottom <= shown.height
    order = shown.days[-1].x
    assert [one.label for one in shown.marks if one.box.x < order < one.box.right - 0.2] == []
    text = drawn(words)
    if words.is_empty:
        assert "<svg" not in text
        return
    titles = set(re.findall(r"<title>(.*?)</title>", text))
    rows = set(re.findall(r'<tr data-text="(.*?)">', text))
    assert rows <= titles
    assert titles - rows <= {escape(lane.drug) for lane in words.lanes}


def test_each_test_chart_is_drawn_without_overlaps_and_as_its_table() -> None:
    judged = [found for case in charts() if (found := result_of(case).judgement) is not None]
    shown = [words for one in judged for told in ("en", "es") if (words := words_of(one, told)) is not None]
    assert len(shown) > 50
    assert sum(not one.is_empty for one in shown) > 50
    for one in shown:
        held(one)


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda path: path.stem)
def test_each_sample_is_drawn_without_overlaps_and_as_its_table(sample: Path, container: Container) -> None:
    service = for_call(container.order_sign, sample.read_bytes())
    call = service.read(sample.read_bytes())
    for decided in service.decide(call, service.chart(call), service.today()):
        for language in ("en", "es"):
            words = words_of(decided.judgement, language)
            if words is not None:
                held(words)


def spans(first: date, last: date) -> Iterator[st.SearchStrategy[Span]]:
    days = st.dates(first, last)
    yield days.map(lambda day: Span(day, day, day.isoformat()))
    yield days.map(lambda day: Span(date(day.year, 1, 1), date(day.year, 12, 31), str(day.year)))


SPANS = st.one_of(*spans(date(2010, 1, 1), date(2026, 11, 25)))
NAMES = st.sampled_from(["docetaxel", "fam-trastuzumab deruxtecan (T-DXd)", "cyclophosphamide", "DPd", "T-DM1"])
COURSES = st.builds(
    lambda start, days, certain, line: Course(
        start, Span(start.last, start.last + timedelta(days=days), "2026"), certain, line
    ),
    SPANS,
    st.integers(0, 900),
    st.booleans(),
    st.integers(0, 6),
).map(lambda one: one)
LANES = st.builds(
    lambda drug, courses, undated: Lane(drug, tuple(sorted(courses, key=lambda one: one.start.first)), undated),
    NAMES,
    st.lists(COURSES, max_size=5),
    st.integers(0, 2),
)
BANDS = st.builds(
    lambda number, start, days: Band(
        number, start, Span(start.last, start.last + timedelta(days=days), "2025-01"), ("docetaxel",), "why", ""
    ),
    st.integers(1, 9),
    SPANS,
    st.integers(0, 700),
)
RESULTS = st.builds(
    lambda when, what, place: Result(when, what, place, "Observation/x"),
    SPANS,
    st.text("abcdefgh <>&2+", min_size=1, max_size=60),
    st.sampled_from(["", "liver"]),
)


@given(
    st.lists(BANDS, max_size=8),
    st.lists(LANES, max_size=8),
    st.lists(RESULTS, max_size=25),
    st.one_of(st.none(), SPANS),
)
def test_whatever_is_on_record_no_part_lies_on_another(
    bands: list[Band], lanes: list[Lane], results: list[Result], advanced: Span | None
) -> None:
    by_day = sorted(results, key=lambda one: one.when.first)
    ordered = sorted(bands, key=lambda one: one.start.first)
    held(in_words(Timeline(date(2026, 11, 25), tuple(ordered), tuple(lanes), tuple(by_day), advanced), wording()))
