"""Reading 10: another disease on file makes only a drug doubtful that is used for it too."""

import pytest
from fhir_charts import ICD, MYELOMA, Json, concept, condition, finding, given

from policies.model.findings import Range, Role

ON = "2023-03-06"
HER2 = "prior_anti_her2_therapies"


def _is_counted(drug: str, other: Json, fact: str = HER2, policy: str = "") -> bool:
    own = condition("C90.00", id="own") if policy else condition(id="own")
    found = finding(fact, own, other, given(drug, ON), **({"drug": policy} if policy else {}))
    if not isinstance(found.value, Range | bool):
        assert all(one.role is Role.POSSIBLE for one in found.evidence)
        return False
    return True


@pytest.mark.parametrize(
    ("drug", "other", "counted"),
    [
        ("trastuzumab", "C18.9", True),
        ("trastuzumab", "C34.90", True),
        ("trastuzumab", "C16.9", False),
        ("pertuzumab", "C16.9", True),
        ("trastuzumab-emtansine", "C16.9", True),
        ("trastuzumab-deruxtecan", "C16.9", False),
        ("trastuzumab-deruxtecan", "C83.30", True),
        ("tucatinib", "C18.9", False),
        ("tucatinib", "C61", True),
        ("lapatinib", "C18.9", True),
        ("trastuzumab", "Z85.028", False),
        ("trastuzumab", "Z85.038", True),
    ],
)
def test_an_anti_her2_drug_beside_another_cancer(drug: str, other: str, *, counted: bool) -> None:
    assert _is_counted(drug, condition(other, id="other")) is counted


@pytest.mark.parametrize(
    ("drug", "fact", "other", "counted"),
    [
        ("bortezomib", "prior_proteasome_inhibitor", "C50.911", True),
        ("bortezomib", "prior_proteasome_inhibitor", "C83.10", False),
        ("bortezomib", "prior_proteasome_inhibitor", "E85.81", False),
        ("carfilzomib", "prior_proteasome_inhibitor", "E85.81", True),
        ("daratumumab", "prior_anti_cd38", "E85.81", False),
        ("isatuximab", "prior_anti_cd38", "E85.81", True),
        ("daratumumab", "prior_anti_cd38", "C50.911", True),
        ("lenalidomide", "prior_immunomodulatory", "D46.9", False),
        ("lenalidomide", "prior_immunomodulatory", "C82.90", False),
        ("lenalidomide", "prior_immunomodulatory", "C61", True),
        ("pomalidomide", "prior_immunomodulatory", "D46.9", True),
        ("thalidomide", "prior_immunomodulatory", "A30.5", False),
    ],
)
def test_a_myeloma_drug_beside_another_disease(drug: str, fact: str, other: str, *, counted: bool) -> None:
    assert _is_counted(drug, condition(other, id="other"), fact, MYELOMA) is counted


def test_words_name_the_other_disease_where_no_code_does() -> None:
    stomach = condition(id="other", code=concept("363349007", "http://snomed.info/sct", display="Cancer of stomach"))
    assert not _is_counted("trastuzumab", stomach)
    assert _is_counted("lapatinib", stomach)


def test_a_reason_on_the_record_decides_for_its_own_drug() -> None:
    stomach, lung = condition("C16.9", id="stomach"), condition("C34.90", id="lung")
    own = given("trastuzumab", ON, reasonCode=[concept("C50.911", ICD)])
    found = finding(HER2, condition(id="own"), stomach, lung, own, given("trastuzumab-deruxtecan", "2024-03-04"))
    assert found.value == Range(1)


def test_a_refuted_disease_makes_nothing_doubtful() -> None:
    assert _is_counted("daratumumab", condition("E85.81", id="x", verified="refuted"), "prior_anti_cd38", MYELOMA)
