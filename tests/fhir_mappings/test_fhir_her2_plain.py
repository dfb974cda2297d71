"""The few plain answers that are kept: what is kept is what would be read, and nothing else is kept."""

from collections.abc import Callable

import pytest

from fhir_mappings.her2 import ihc_doubts, text_patterns
from fhir_mappings.her2.memo import PLAIN, remembered

READERS = [
    text_patterns.words_in,
    text_patterns._marked,
    text_patterns._alone,
    ihc_doubts.of_her2,
    ihc_doubts.of_this_test,
    ihc_doubts.is_unsure,
]


@pytest.mark.parametrize("read", READERS)
def test_a_plain_answer_is_kept_as_it_would_be_read(read: Callable[[str], object]) -> None:
    anew: Callable[[str], object] = read.__wrapped__  # type: ignore[attr-defined]
    for text in PLAIN:
        assert read(text) == read(text) == anew(text)


def test_no_other_text_is_kept() -> None:
    seen: list[str] = []
    read = remembered(seen.append)
    for text in ("3+", "3+", "3+ in 40 % of cells, of Jane Roe", "3+ in 40 % of cells, of Jane Roe"):
        read(text)
    assert seen == ["3+", "3+ in 40 % of cells, of Jane Roe", "3+ in 40 % of cells, of Jane Roe"]
