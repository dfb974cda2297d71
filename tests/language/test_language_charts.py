"""What is said of every chart on file, in both languages: no code, name or id of FHIR stands in it, and no ISO date."""

import re
from collections.abc import Iterator

import pytest

from fhir_mappings.wording import Wording, wording
from policies.model.findings import Finding
from policies.model.notes import Note, Series
from tests.charts.charts_on_file import charts, result_of
from tests.service.test_service_brief_cards import TOKENS

CODES = re.compile(
    r"\b(entered-in-error|in-progress|not-done|not-taken|on-hold|problem-list-item|encounter-diagnosis|unconfirmed"
    r"|instance-order|original-order|reflex-order|filler-order|order-sign|urn:\w+|\d{4}-\d\d(?:-\d\d)?)\b|[{}]"
)
ENGLISH = re.compile(r"\((?:[^()]*: )?(active|completed|stopped|draft|unknown|cancelled|intended|resolved)\)")


def said_of(found: Finding, say: Wording) -> Iterator[str]:
    """Every sentence that a finding comes to, wherever it is shown."""
    yield say.words(found.note) if isinstance(found.note, Note | Series) else ""
    for one in (*found.evidence, *found.overruled):
        yield say.listed([one])
        yield say.short(one)


@pytest.mark.parametrize("language", ["en", "es"])
def test_no_chart_is_told_in_the_words_of_fhir(language: str) -> None:
    say, patterns = wording(language).uncited, [TOKENS, CODES, *([ENGLISH] if language != "en" else [])]
    judged = [result.judgement for case in charts() if (result := result_of(case)).judgement is not None]
    every = {text for one in judged if one for found in one.findings.values() for text in said_of(found, say)}
    assert len(every) > 500
    assert {text for text in every if any(one.search(text) for one in patterns)} == set()
