"""Words beside the code of a disease, as records of several makers write them: what leaves the code, what turns it."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.kinds.test_kind_indication import coded, condition, examples, judged

LUNG = {"coding": [{"system": "http://snomed.info/sct", "code": "254637007"}]}
OF_CODE = {
    "C43.9": "pembrolizumab",
    "C81.90": "pembrolizumab",
    "lung": "pembrolizumab",
    "K50.90": "infliximab",
    "K50.00": "infliximab",
    "M06.9": "infliximab",
    "E11.9": "semaglutide",
    "E66.9": "semaglutide",
}
STANDING = {
    "C43.9": (
        "Malignant melanoma, unspecified site",
        "Melanoma (HCC)",
        "Metastatic melanoma (CMS/HCC)",
        "Melanoma of skin",
        "Malignant melanoma metastatic to lung",
        "Melanoma metastásico",
        "NCCN Melanoma: Cutaneous, metastatic or unresectable",
    ),
    "C81.90": ("Hodgkin's lymphoma", "Classical Hodgkin lymphoma (HCC)", "Linfoma de Hodgkin", "HODGKIN LYMPHOMA"),
    "lung": (
        "NSCLC",
        "Non-small cell lung cancer, left (HCC)",
        "Non-small cell carcinoma of lung, stage 4, right (HCC)",
        "Adenocarcinoma of right lung, stage 4 (HCC)",
        "Cáncer de pulmón de células no pequeñas",
    ),
    "K50.90": ("Crohn's disease (disorder)", "Enfermedad de Crohn", "Crohn disease of ileum", "Crohn's ileitis"),
    "K50.00": (
        "Crohn's disease of small intestine without complication (HCC)",
        "Enfermedad de Crohn del intestino delgado sin complicaciones",
        "Crohn's disease of small bowel",
    ),
    "M06.9": (
        "Rheumatoid arthritis involving multiple sites with negative rheumatoid factor (CMS/HCC)",
        "Rheumatoid arthritis without rheumatoid factor",
        "RA (rheumatoid arthritis)",
        "Seropositive rheumatoid arthritis",
        "Arthritis, rheumatoid",
    ),
    "E11.9": (
        "Type 2 diabetes mellitus without complication, without long-term current use of insulin (HCC)",
        "Diabetes mellitus type 2 (disorder)",
        "Diabetes mellitus type II",
        "T2DM (type 2 diabetes mellitus)",
        "Type 2 diabetes mellitus without retinopathy",
        "Diabetes mellitus, type 2, non-insulin dependent",
        "Diabetes mellitus",
    ),
    "E66.9": ("Obesity (BMI 30-39.9)", "Morbid obesity (HCC)", "Class 2 obesity", "Severe obesity"),
}
TURNED = {
    "C43.9": ("Lymphoma", "Sarcoma of skin", "Melanoma in situ", "Basal cell carcinoma", "Non-melanoma skin cancer"),
    "C81.90": ("Non-Hodgkin lymphoma", "Mantle cell lymphoma", "Melanoma", "Suspected Hodgkin lymphoma"),
    "lung": ("Small cell lung cancer", "Small cell carcinoma of lung (HCC)", "Lung nodule", "Melanoma of lung"),
    "K50.90": ("Ulcerative colitis", "Carcinoma stage IV", "Diverticulitis of colon", "Rule out Crohn's"),
    "K50.00": ("Ulcerative colitis of intestine", "Obstruction of small bowel, adhesions"),
    "M06.9": ("Osteoarthritis, unspecified", "Psoriatic arthritis", "No rheumatoid arthritis", "Cancer"),
    "E11.9": (
        "Type 1 diabetes mellitus",
        "Diabetes mellitus type I",
        "DM1",
        "Diabetes tipo 1",
        "Gestational diabetes mellitus",
        "Cancer",
        "Family history of type 2 diabetes",
        "Prediabetes",
    ),
    "E66.9": ("Overweight", "Cancer", "No obesity"),
}


def is_proven(code: str, text: str) -> bool:
    """Whether a diagnosis with words beside its code stands, by the policy of the drug."""
    drug = OF_CODE[code]
    known = LUNG if code == "lung" else coded(code)
    record: dict[str, Any] = condition(code, {"code": known | {"text": text}})
    product = examples().drugs.by_id[drug].codes[0]
    medication = {"coding": [{"system": product.system.uri, "code": product.code}]}
    return judged(record, drug=drug, medicationCodeableConcept=medication).findings["indication"].value is not None


@pytest.mark.parametrize(("code", "text"), [(code, text) for code, texts in STANDING.items() for text in texts])
def test_plain_words_leave_the_code(code: str, text: str) -> None:
    assert is_proven(code, text)


@pytest.mark.parametrize(("code", "text"), [(code, text) for code, texts in TURNED.items() for text in texts])
def test_words_of_another_disease_turn_the_code(code: str, text: str) -> None:
    assert not is_proven(code, text)


@settings(max_examples=30)
@given(st.sampled_from(sorted(STANDING)), st.sampled_from(sorted(STANDING)), st.data())
def test_words_of_one_disease_never_stand_beside_the_code_of_another(one: str, other: str, data: st.DataObject) -> None:
    text = data.draw(st.sampled_from(STANDING[other]))
    is_same = one == other or {one[:2], other[:2]} == {"K5"}
    assert is_same or not is_proven(one, text)
