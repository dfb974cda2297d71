"""Clinical Spanish: each term of the table is the one that is used, and those with a source name one that is listed."""

import csv
from pathlib import Path

import pytest

from fhir_mappings.wording import wording

HERE = Path(__file__).parent


def rows(name: str) -> list[dict[str, str]]:
    with (HERE / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


TERMS = rows("spanish_terms.csv")
SOURCES = {one["source"] for one in rows("spanish_sources.csv")}


def everything(language: str) -> str:
    say = wording(language)
    told = wording("es").payer
    return " ".join([*say.sentences.values(), *(told if language == "en" else told.values())]).casefold()


@pytest.mark.parametrize("term", TERMS, ids=lambda one: one["english"])
def test_a_term_of_the_table_is_the_one_that_is_used(term: dict[str, str]) -> None:
    assert term["english"].casefold() in everything("en")
    assert term["spanish"].casefold() in everything("es")
    assert term["source"] in SOURCES | {""}


def test_the_table_has_sixty_terms_each_once_and_names_each_source() -> None:
    assert len({one["english"] for one in TERMS}) == len(TERMS) >= 60
    assert {one["source"] for one in TERMS} - {""} == SOURCES
