"""Texts that may decide, by a closed grammar: readings 5a and 16."""

from collections.abc import Mapping
from pathlib import Path

import pytest
import texts_that_prove as proving
import texts_that_prove_nothing as idle
from fhir_charts import BREAST, MYELOMA, Json, coded, concept, finding, observation, policies, text
from hypothesis import given, seed, settings
from hypothesis import strategies as st

from cds_service.commands.policy import TABLES
from fhir_mappings.cases.text_form_table import GRAMMARS, Row, page, rows
from fhir_mappings.text_forms.ecog_statement import ecog_grades
from fhir_mappings.text_forms.grammar import grammar
from fhir_mappings.text_forms.her2_statement import her2_statement
from policies.model.findings import Finding, Range, State

IHC, ISH, ECOG = "her2_ihc_score", "her2_ish_result", "ecog"
CODES = {IHC: "85319-2", ISH: "85318-4", ECOG: "89247-1"}


def read(fact: str, value: Json) -> Finding:
    drug = MYELOMA if fact == ECOG else BREAST
    return finding(fact, observation(CODES[fact], value), drug=drug)


def outcome(found: Finding) -> str:
    if found.state is not State.KNOWN:
        return found.state.value
    value = found.value
    if isinstance(value, Range):
        return str(value.at_least) if value.at_least == value.at_most else f"{value.at_least}-{value.at_most}"
    return str(value)


def carriers(words: str) -> tuple[Json, ...]:
    local = {"valueCodeableConcept": concept("7", "http://lab.example/answers", display=words)}
    return ({"valueString": words}, text(words), local)


def table(of: Mapping[str, str]) -> list[tuple[str, str]]:
    return [(words, value) for value, texts in of.items() for words in proving.lines(texts)]


@pytest.mark.parametrize(
    ("fact", "texts"), [(IHC, proving.IHC), (ISH, proving.ISH), (ECOG, proving.ECOG)], ids=["ihc", "ish", "ecog"]
)
def test_a_text_that_is_understood_reads(fact: str, texts: Mapping[str, str]) -> None:
    wrong = [
        (words, outcome(read(fact, one)))
        for words, value in table(texts)
        for one in carriers(words)
        if outcome(read(fact, one)) != value
    ]
    assert wrong == []


@pytest.mark.parametrize(
    ("fact", "texts"), [(IHC, idle.IHC), (ISH, idle.ISH), (ECOG, idle.ECOG)], ids=["ihc", "ish", "ecog"]
)
def test_a_text_that_is_not_understood_proves_nothing_and_is_shown_word_for_word(fact: str, texts: str) -> None:
    wrong = [
        (words, found.state.value, found.note)
        for words in idle.lines(texts)
        for one in carriers(words)
        if (found := read(fact, one)).state is not State.UNKNOWN or words not in found.note
    ]
    assert wrong == []


@pytest.mark.parametrize(
    ("fact", "texts"), [(IHC, proving.CONFLICTS_IHC), (ISH, proving.CONFLICTS_ISH)], ids=["ihc", "ish"]
)
def test_a_text_that_contradicts_itself_is_a_conflict(fact: str, texts: str) -> None:
    wrong = [
        words for words in proving.lines(texts) if read(fact, {"valueString": words}).state is not State.CONFLICTING
    ]
    assert wrong == []


def test_no_text_stands_on_both_sides() -> None:
    for proves, nothing in ((proving.IHC, idle.IHC), (proving.ISH, idle.ISH), (proving.ECOG, idle.ECOG)):
        assert {words for words, _ in table(proves)}.isdisjoint(idle.lines(nothing))


STRANGE = (
    *(
        "not",
        "no",
        "never",
        "kein",
        "pas",
        "non",
        "sin",
        "r/o",
        "rule out",
        "possible",
        "probable",
        "likely",
        "?",
        "if",
    ),
    *(
        "EGFR",
        "HER3",
        "GATA3",
        "ER",
        "PR",
        "Ki-67",
        "MYC",
        "pending review",
        "ordered",
        "sent for",
        "draft",
        "cancelled",
    ),
    *(
        "previous",
        "outside",
        "control",
        "mother",
        "wrong patient",
        "error",
        "addendum",
        "threshold",
        "criteria",
        "less",
    ),
    *("focal", "heterogeneous", "near", "was", "DCIS", "block", "grade", "nicht", "previo", "posible", "x", "Dr. Roe"),
)

DENIALS = ("not", "no", "non", "sin")


@seed(20260301)
@settings(max_examples=600, deadline=None)
@given(st.data())
def test_a_strange_word_anywhere_takes_the_proof_away(data: st.DataObject) -> None:
    """Only a denial may make another result of it, as "not" does of "Amplified"; a known word may change nothing."""
    fact, texts = data.draw(st.sampled_from([(IHC, proving.IHC), (ISH, proving.ISH), (ECOG, proving.ECOG)]))
    words, value = data.draw(st.sampled_from(table(texts)))
    parts = words.split(" ")
    at = data.draw(st.integers(0, len(parts)))
    strange = data.draw(st.sampled_from(STRANGE) | st.text("abcdefghijklmnopqrstuvwxyzäñ", min_size=4, max_size=9))
    changed = " ".join([*parts[:at], strange, *parts[at:]])
    found = outcome(read(fact, {"valueString": changed}))
    denied = found == "negative" and strange in DENIALS
    assert denied or found in ("unknown", "conflicting") or (found == value and _is_known(fact, strange)), changed


def _is_known(fact: str, word: str) -> bool:
    return grammar("ecog" if fact == ECOG else "her2").kinds(word) is not None


@seed(20260302)
@settings(max_examples=600, deadline=None)
@given(st.data())
def test_a_text_is_read_by_every_letter_of_it(data: st.DataObject) -> None:
    """A letter more, anywhere, never makes another result of it."""
    fact, texts = data.draw(st.sampled_from([(IHC, proving.IHC), (ISH, proving.ISH), (ECOG, proving.ECOG)]))
    words, value = data.draw(st.sampled_from(table(texts)))
    at = data.draw(st.integers(0, len(words)))
    letter = data.draw(st.sampled_from("bghjkqvwxzßçèж"))
    found = outcome(read(fact, {"valueString": words[:at] + letter + words[at:]}))
    assert found in ("unknown", "conflicting", value)


@seed(20260303)
@settings(max_examples=600, deadline=None)
@given(st.text(max_size=80), st.sampled_from(["ihc", "ish", ""]))
def test_any_text_at_all_is_read_or_not_but_never_fails(words: str, method: str) -> None:
    her2_statement(words, method)
    ecog_grades(words)


@pytest.mark.parametrize(
    "row", [row for name in GRAMMARS for row in rows(policies(), name)], ids=lambda row: f"{row.form}: {row.text}"
)
def test_an_example_of_a_form_proves_what_its_file_says_and_is_shown(row: Row) -> None:
    assert row.proves == row.reads
    assert row.shown


@pytest.mark.parametrize("prefix", ["de", "del", "la", "by", "on", "por", "the"])
@pytest.mark.parametrize("word", ["amplified", "positive", "amplificado"])
def test_a_prefix_before_a_dash_is_no_heading(prefix: str, word: str) -> None:
    assert outcome(read(ISH, {"valueString": f"{prefix}-{word}"})) == "unknown"


def test_the_page_of_the_forms_is_what_the_command_prints() -> None:
    _, _, tables = Path("docs/text-forms.md").read_text(encoding="utf-8").partition(TABLES)
    assert tables.strip() == page(policies()).strip()


@pytest.mark.parametrize("words", ["Positive (3+)", "HER2 3+", "3+", "Lab answer", "HER2 IHC result"])
def test_a_code_stands_with_a_text_that_agrees_or_says_nothing(words: str) -> None:
    assert outcome(read(IHC, coded("LA11843-2", "http://loinc.org", text=words))) == "3+"


@pytest.mark.parametrize(
    "words", ["3+ cancelled", "EGFR", "wrong patient", "Rule out HER2 3+", "see addendum: HER2 0", "DRAFT", "control"]
)
def test_a_code_beside_a_text_that_turns_it_round_proves_nothing(words: str) -> None:
    assert outcome(read(IHC, coded("LA11843-2", "http://loinc.org", text=words))) == "unknown"
    assert outcome(read(ISH, coded("10828004", text=words))) == "unknown"


@pytest.mark.parametrize("words", ["1+", "Negative", "HER2 negative (0)", "2+"])
def test_a_code_against_its_own_text_is_a_conflict(words: str) -> None:
    assert outcome(read(IHC, coded("LA11843-2", "http://loinc.org", text=words))) == "conflicting"


@pytest.mark.parametrize("name", ["EGFR by IHC", "Outside report HER2", "HER2 FISH", "Control tissue", "Mother HER2"])
def test_a_code_of_a_test_whose_words_name_something_else_proves_nothing(name: str) -> None:
    test = concept("85319-2", text=name)
    assert finding(IHC, observation("85319-2", text("3+"), code=test)).state is State.UNKNOWN


@pytest.mark.parametrize(
    ("code", "grade"), [("425389002", "0"), ("422512005", "1"), ("422894000", "2"), ("423053003", "3")]
)
def test_a_grade_that_is_a_code_of_its_own_is_read(code: str, grade: str) -> None:
    one = observation("x", None, code=concept(code, "http://snomed.info/sct"), on="2026-11-01")
    assert outcome(finding(ECOG, one, drug=MYELOMA)) == grade


@pytest.mark.parametrize(
    "more",
    [
        {"valueBoolean": False},
        {"valueString": "absent"},
        {"dataAbsentReason": {"text": "not asked"}},
        {"code": concept("422512005", "http://snomed.info/sct", text="Family ECOG grade 1")},
        {"code": concept("422512005", "http://snomed.info/sct", text="ECOG grade 3")},
    ],
)
def test_a_grade_that_is_a_code_with_something_against_it_is_shown(more: Json) -> None:
    plain = {"code": concept("422512005", "http://snomed.info/sct")}
    found = finding(ECOG, observation("x", None, on="2026-11-01", **plain | more), drug=MYELOMA)
    assert (found.state, len(found.evidence)) == (State.UNKNOWN, 1)
