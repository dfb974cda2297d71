"""Every sentence that the code names is there, and gets the figures that it shows, and no others."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import fhir_mappings
from fhir_mappings.judgement.judge import Judgement
from fhir_mappings.wording import wording
from hooks.report.dose_report import dosing_report
from hooks.report.lines_report import line_report
from policies.model.notes import Clause, Evidence, Note, Series
from policies.model.truth import Truth
from tests.charts.charts_on_file import charts, result_of
from tests.language.figures import Texts, faults, spoken
from tests.language.languages import english_in, made_up

HOUSE = Path(fhir_mappings.__file__).parent.parent
PACKAGES = ("policies", "fhir_mappings", "hooks", "cds_service")
READ_BACK = frozenset({"policies/evaluation/findings_codec.py", "cds_service/storage/archive.py"})
"""What reads notes that were kept, and names none."""
MODULES = [
    str(path.relative_to(HOUSE))
    for package in PACKAGES
    for path in sorted((HOUSE / package).rglob("*.py"))
    if str(path.relative_to(HOUSE)) not in READ_BACK
]
HANDED_IN = {
    "fhir_mappings/publication/code_systems.py: key",
    "fhir_mappings/questionnaires/adaptive_response.py: key",
    "cds_service/form_page/form_routes.py: error.key",
    "cds_service/prior_auth/decisions.py: why",
}
"""The calls whose key is handed in from another module, which names it there."""
TEXTS = Texts(wording().sentences)


def test_each_call_gives_its_sentence_the_figures_that_it_shows() -> None:
    calls = {name: list(spoken(name, (HOUSE / name).read_text(encoding="utf-8"))) for name in MODULES}
    found = {fault for some in calls.values() for fault in faults(TEXTS, some)}
    assert {re.sub(r":\d+ (.*): there is no such sentence", r": \1", one) for one in found} == HANDED_IN
    assert sum(one.is_note for some in calls.values() for one in some) > 100
    assert sum(not one.is_note for some in calls.values() for one in some) > 100


@pytest.mark.parametrize(
    ("source", "fault"),
    [
        ('Note("ecog.old", found=e, days=d)', ""),
        ('Note("ecog.olden", found=e, days=d)', "no such sentence"),
        ('Note("ecog.old", found=e)', "fit none"),
        ('Note("ecog.old", found=e, days=d, low=1)', "fit none"),
        ('Note("reason.unknown", n=n, drug=d, points=p)', ""),
        ('Note("reason.unknown", drug=d, points=p)', "fit none"),
        ('say.count("launch.summary", n, drug=d)', ""),
        ('say("page.store_failed", drug=d)', "fit none"),
        (
            'def f(one):\n    key = "ecog.old" if one else "ecog.undated"\n    return Note(key, found=e, days=d)',
            "gets its",
        ),
        ('def f(one):\n    key = "ecog.old" if one else "ecog.undated"\n    return Note(key, found=e)', "gets its"),
        ('K = {1: "extent.lower", 2: "extent.unread"}\ndef f(one):\n    return Note(K[one], found=e)', ""),
        ("def f(one):\n    return Note(one, found=e)", "no such sentence"),
        ('Note(f"line.why.{one}", drugs=d)', "gets its"),
        ('Note(f"line.whence.{one}", drugs=d)', "no such sentence"),
    ],
)
def test_what_does_not_fit_is_found(source: str, fault: str) -> None:
    found = list(faults(TEXTS, list(spoken("m", source))))
    assert found == [] if not fault else any(fault in one for one in found), found


def notes_in(what: Any) -> Iterator[Note]:
    """Every note in what was said, and in the figures of notes."""
    inside: Any = what if isinstance(what, tuple | list) and not isinstance(what, Evidence) else ()
    if isinstance(what, Note):
        yield what
        inside = what.figures.values()
    elif isinstance(what, Clause | Evidence):
        inside = (what.said if isinstance(what, Clause) else what.summary,)
    elif isinstance(what, Series | dict):
        inside = what.parts if isinstance(what, Series) else what.values()
    for one in inside:
        yield from notes_in(one)


def said_of(judgement: Judgement) -> Any:
    """All that reasoning says of an order."""
    for one in judgement.findings.values():
        yield one.note, one.evidence, one.overruled
        yield from ((each.words, each.asks, each.why, each.evidence) for each in one.proposals)
    if judgement.dosing is not None:
        yield dosing_report(judgement.dosing, Truth.MET)
    yield line_report(judgement)


def test_every_note_that_charts_lead_to_becomes_a_sentence_of_each_language() -> None:
    judgements = [result_of(case).judgement for case in charts()]
    every = [one for found in judgements if found is not None for some in said_of(found) for one in notes_in(some)]
    assert {one.key: sorted(one.figures) for one in every if TEXTS.figures[one.key] != one.figures.keys()} == {}
    assert len({one.key for one in every}) > 80
    for one in every:
        assert wording().words(one)
        assert made_up().words(one).startswith(f"⟦{one.key}")
        assert english_in(made_up().words(one)) == []
