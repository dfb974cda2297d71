"""The few plain answers that are kept: what is kept is what would be read, and nothing else is kept."""

from fhir_mappings.her2 import answers
from fhir_mappings.her2.answers import PLAIN, remembered
from fhir_mappings.text_forms.her2_statement import her2_statement


def test_a_plain_answer_is_kept_as_it_would_be_read() -> None:
    for text in PLAIN:
        for under in (("ihc", ""), ("ish", ""), ("ish", "ratio"), ("", "")):
            kept = answers._statement(text, *under)
            assert kept == answers._statement(text, *under) == her2_statement(text, *under)


def test_no_other_text_is_kept() -> None:
    seen: list[str] = []
    read = remembered(lambda text, _, __: seen.append(text))
    for text in ("3+", "3+", "3+ in 40 % of cells, of Jane Roe", "3+ in 40 % of cells, of Jane Roe"):
        read(text, "ihc", "")
    assert seen == ["3+", "3+ in 40 % of cells, of Jane Roe", "3+ in 40 % of cells, of Jane Roe"]
