"""Words that only repeat their code, or are blank, are no words: the record counts as if it had none (reading 6)."""

from typing import Any

import pytest
from fhir_charts import HCPCS, ICD, LOINC, RXNORM, SNOMED, condition, finding, given

from fhir_mappings.clinical.values import Coding, Concept
from policies.model.findings import State

ON = "2023-03-06"
NDC = "http://hl7.org/fhir/sid/ndc"


@pytest.mark.parametrize(
    ("system", "code", "word", "is_silent"),
    [
        (ICD, "C50.911", "C50.911", True),
        (ICD, "C50.911", "c50911", True),
        (ICD, "C50.911", "ICD-10 C50.911", True),
        (ICD, "C50.911", "ICD-10-CM: C50.911", True),
        (ICD, "C50.911", " C50 911 ", True),
        (ICD, "C50.911", "   ", True),
        (HCPCS, "J9358", "J9358", True),
        (HCPCS, "J9358", "HCPCS J9358", True),
        (RXNORM, "224905", "RxNorm 224905", True),
        (SNOMED, "254837009", "SNOMED CT 254837009", True),
        (LOINC, "85319-2", "LOINC 85319-2", True),
        (NDC, "50242-0077-01", "50242-0077-01", True),
        # Anything else says something, or may.
        (ICD, "C50.911", "C50.912", False),
        (ICD, "C50.911", "C50", False),
        (ICD, "C50.911", "C50.911?", False),
        (ICD, "C50.911", "-C50.911", False),
        (ICD, "C50.911", "(C50.911)", False),
        (ICD, "C50.911", "not C50.911", False),
        (ICD, "C50.911", "r/o C50.911", False),
        (ICD, "C50.911", "history of C50.911", False),
        (ICD, "C50.911", "SNOMED C50.911", False),
        (ICD, "C50.911", "ICD-9 C50.911", False),
        ("http://cancerstaging.org", "IV", "IV", False),
        ("urn:site", "3+", "3+", False),
        ("urn:site", "C50.911", "C50.911", False),
        ("", "C50.911", "C50.911", False),
    ],
)
def test_only_the_code_itself_is_no_word(system: str, code: str, word: str, is_silent: bool) -> None:
    kept = () if is_silent else (word,)
    assert Concept((Coding(system, code, word),)).words == kept
    assert Concept((Coding(system, code),), word).words == kept


def test_a_display_repeats_its_own_code_alone() -> None:
    both = (Coding(ICD, "C50.911", "C61"), Coding(ICD, "C61"))
    assert Concept(both).words == ("C61",)
    assert Concept((Coding(ICD, "C50.911", "C50.911"), Coding(SNOMED, "1", "Breast cancer"))).words == (
        "Breast cancer",
    )


@pytest.mark.parametrize("place", ["display", "text"])
def test_a_record_whose_words_repeat_its_code_counts_as_without_words(place: str) -> None:
    def named(system: str, code: str) -> dict[str, Any]:
        coding = {"system": system, "code": code}
        return {"coding": [{**coding, "display": code}]} if place == "display" else {"coding": [coding], "text": code}

    diagnosis = condition(code=named(ICD, "C50.911"))
    assert finding("breast_cancer", diagnosis).state is State.KNOWN
    for system, code in ((HCPCS, "J9358"), (RXNORM, "224905")):
        record = given("trastuzumab", ON, medicationCodeableConcept=named(system, code))
        assert finding("prior_anti_her2_therapies", diagnosis, record).state is State.KNOWN
