"""A patient in words: the same for the page of a form and for a reviewer, and nothing of what is no text."""

import pytest
from fhir_charts import Json

from fhir_mappings.insurance.patient_name import name_in_words

BORN: Json = {"birthDate": "1970-02-03"}


@pytest.mark.parametrize(
    ("names", "words"),
    [
        ([{"text": "Dr. Ada Sample"}, {"text": "Other"}], "Dr. Ada Sample, 1970-02-03"),
        ([{"given": ["Ada", "B."], "family": "Sample"}], "Ada B. Sample, 1970-02-03"),
        ([{"family": "Sample"}], "Sample, 1970-02-03"),
        ([{"given": ["Ada"]}], "Ada, 1970-02-03"),
        ([{"text": " ", "family": "Sample"}], "Sample, 1970-02-03"),
        ([{"text": 7, "given": ["Ada", 8, None], "family": ["x"]}], "Ada, 1970-02-03"),
        ([{"given": "Ada", "family": "Sample"}], "Sample, 1970-02-03"),
        (["Ada", {"text": "Ada Sample"}], "Ada Sample, 1970-02-03"),
        ([{"use": "official"}], ""),
        ("Ada Sample", ""),
        ({"text": "Ada Sample"}, ""),
        (None, ""),
        ([], ""),
    ],
)
def test_a_patient_is_named_by_the_first_name_that_can_be_read(names: object, words: str) -> None:
    assert name_in_words(BORN | {"name": names}) == words
    assert name_in_words(BORN | {"name": names}, "Patient/1") == (words or "Patient/1, 1970-02-03")


@pytest.mark.parametrize("born", [{}, {"birthDate": None}, {"birthDate": 1970}])
def test_a_date_of_birth_that_is_no_text_is_left_out(born: Json) -> None:
    assert name_in_words({"name": [{"text": "Ada Sample"}]} | born) == "Ada Sample"
