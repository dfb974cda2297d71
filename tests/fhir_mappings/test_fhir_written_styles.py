"""One history, written as five kinds of system write it, reads alike: as an oncology pharmacist reads it by hand."""

from collections.abc import Callable

import pytest
from fhir_charts import (
    HCPCS,
    MYELOMA,
    RXNORM,
    Json,
    before,
    concept,
    condition,
    counted,
    given,
    metastatic,
    policies,
    resource,
)

NDC = "http://hl7.org/fhir/sid/ndc"
LOCAL = "urn:oid:1.2.36.1.2001.1005.17"
History = list[tuple[str, str]]
"""Regimens as drugs joined by +, each with the day of its first cycle; three cycles of 21 days are drawn."""


def code_of(drug: str, system: str) -> Json | None:
    table = policies().terminology.drugs("2026-11-30")
    known = (one for one in table.by_id[drug].codes if one.confidence == "verified" and one.system.name == system)
    found = next(known, None)
    return {"system": found.system.uri, "code": found.code, "display": found.display} if found else None


def rxnorm(drug: str) -> Json:
    found = code_of(drug, "RXNORM")
    assert found is not None
    return found


def by_reference(drug: str, day: str) -> Json:
    """A bag with a product line, and the product in a contained Medication."""
    inside = {"resourceType": "Medication", "id": "m", "code": {"coding": [rxnorm(drug)]}}
    named = {"reference": "#m", "display": f"{rxnorm(drug)['display']} IVPB in 250 mL"}
    return given(
        drug, f"{day}T14:20:00Z", medicationCodeableConcept=None, contained=[inside], medicationReference=named
    )


def beside_a_local_code(drug: str, day: str) -> Json:
    local = {"system": LOCAL, "code": "d04830", "display": rxnorm(drug)["display"]}
    coded = {"coding": [local, rxnorm(drug)], "text": f"{rxnorm(drug)['display']} 100 mg"}
    return given(drug, f"{day}T09:00:00-04:00", medicationCodeableConcept=coded)


def coded_plainly(drug: str, day: str) -> Json:
    period = {"start": day, "end": day}
    bare = {"system": RXNORM, "code": rxnorm(drug)["code"]}
    return given(drug, None, effectivePeriod=period, medicationCodeableConcept={"coding": [bare]})


def by_ingredient(drug: str, day: str) -> Json:
    inside = {
        "resourceType": "Medication",
        "id": "m",
        "ingredient": [{"itemCodeableConcept": {"coding": [rxnorm(drug)]}}],
    }
    return given(drug, day, medicationCodeableConcept=None, contained=[inside], medicationReference={"reference": "#m"})


def as_a_claim(drug: str, day: str) -> Json:
    """A professional claim by HCPCS, or what a pharmacy billed by national drug code."""
    billed = code_of(drug, "HCPCS")
    coding = billed or code_of(drug, "NDC")
    assert coding is not None
    return resource(
        "ExplanationOfBenefit",
        subject=None,
        status="active",
        use="claim",
        outcome="complete",
        created=before(3),
        patient={"reference": "Patient/p"},
        type=concept("professional" if billed else "pharmacy", "http://terminology.hl7.org/CodeSystem/claim-type"),
        item=[{"sequence": 1, "productOrService": {"coding": [coding]}, "servicedDate": day}],
    )


STYLES = [by_reference, beside_a_local_code, coded_plainly, by_ingredient, as_a_claim]
Style = Callable[[str, str], Json]

THP, TH = "docetaxel+trastuzumab+pertuzumab", "paclitaxel+trastuzumab"
T_DM1, T_DXD = "trastuzumab-emtansine", "trastuzumab-deruxtecan"
BREAST_READ: list[tuple[History, int, int]] = [
    ([(THP, "2021-02-01"), (T_DM1, "2022-05-02"), (T_DXD, "2023-08-07")], 3, 3),
    ([("vinorelbine+trastuzumab", "2021-03-08"), (T_DXD, "2022-09-05")], 2, 2),
    ([(TH, "2017-05-02"), (THP, "2021-02-15"), (T_DM1, "2022-04-04"), (T_DXD, "2023-06-05")], 4, 3),
    ([(T_DM1, "2021-06-14")], 1, 1),
    ([("trastuzumab", "2018-01-15"), (T_DM1, "2021-05-10"), (T_DXD, "2022-11-14")], 3, 2),
    ([(THP, "2021-02-22"), ("gemcitabine", "2022-06-06"), (T_DXD, "2023-04-03")], 2, 3),
    ([("eribulin", "2021-04-12"), ("docetaxel+trastuzumab", "2022-01-10"), (T_DM1, "2023-02-13")], 2, 3),
    ([(THP, "2021-03-01"), (T_DXD, "2022-10-03"), ("trastuzumab+gemcitabine", "2024-02-05")], 3, 3),
    ([("doxorubicin+cyclophosphamide", "2018-01-10"), (TH, "2018-04-10"), (THP, "2021-03-22")], 2, 1),
    ([("docetaxel+trastuzumab", "2021-02-08"), ("pertuzumab", "2021-03-01"), (T_DM1, "2022-08-01")], 2, 2),
]
VRD, DPD = "bortezomib+lenalidomide", "daratumumab+pomalidomide"
MYELOMA_READ: list[tuple[History, int]] = [
    (
        [
            (VRD, "2018-03-05"),
            (DPD, "2020-05-04"),
            ("carfilzomib", "2022-01-10"),
            ("ciltacabtagene-autoleucel", "2023-09-11"),
        ],
        4,
    ),
    ([(VRD, "2018-04-02"), (DPD, "2020-06-01")], 2),
    ([("daratumumab+bortezomib+lenalidomide", "2021-01-11")], 1),
    # Lenalidomide is of the first two: the records between may be missing, and the second line is asked.
    ([(VRD, "2017-09-04"), ("carfilzomib+lenalidomide", "2019-10-07"), ("isatuximab+pomalidomide", "2021-11-08")], 2),
    ([(VRD, "2019-02-04"), (DPD, "2020-09-07"), ("elotuzumab", "2022-03-07"), ("carfilzomib", "2023-05-08")], 4),
    ([("bortezomib+cyclophosphamide", "2016-05-02"), (DPD, "2019-03-04"), ("carfilzomib", "2021-06-07")], 3),
    ([(VRD, "2018-01-08"), ("melphalan", "2018-05-14"), (DPD, "2021-02-01")], 2),
    (
        [
            (VRD, "2018-06-04"),
            (DPD, "2020-01-06"),
            ("carfilzomib", "2021-07-05"),
            ("teclistamab", "2023-03-06"),
            ("talquetamab", "2024-06-03"),
        ],
        5,
    ),
    ([("bortezomib", "2020-10-05"), ("lenalidomide", "2020-11-02")], 1),
    ([(VRD, "2017-03-06"), ("idecabtagene-vicleucel", "2022-08-08")], 2),
]


def drawn_as(style: Style, history: History) -> list[Json]:
    """Draw a history; cells are given once."""
    return [
        style(drug, before(-21 * cycle, day))
        for regimen, day in history
        for drug in regimen.split("+")
        for cycle in range(1 if drug.endswith("leucel") else 3)
    ]


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize(("history", "anti_her2", "advanced"), BREAST_READ)
def test_a_history_of_breast_cancer(style: Style, history: History, anti_her2: int, advanced: int) -> None:
    chart = [condition(), metastatic("2021-01-04"), *drawn_as(style, history)]
    assert counted("prior_anti_her2_therapies", *chart) == anti_her2
    assert counted("prior_lines_advanced", *chart) == advanced


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize(("history", "number"), MYELOMA_READ)
def test_a_history_of_myeloma(style: Style, history: History, number: int) -> None:
    chart = [condition("C90.00"), *drawn_as(style, history)]
    assert counted("prior_lines", *chart, drug=MYELOMA) == number


@pytest.mark.parametrize(("history", "number"), MYELOMA_READ)
def test_a_history_that_stands_in_chart_and_claims_is_counted_once(history: History, number: int) -> None:
    chart = [condition("C90.00"), *drawn_as(beside_a_local_code, history), *drawn_as(as_a_claim, history)]
    assert counted("prior_lines", *chart, drug=MYELOMA) == number


def test_the_codes_of_the_claims_are_those_of_hcpcs_or_of_products() -> None:
    drugs = {drug for history, *_ in (*BREAST_READ, *MYELOMA_READ) for r, _ in history for drug in r.split("+")}
    systems = {as_a_claim(one, "2021-01-01")["item"][0]["productOrService"]["coding"][0]["system"] for one in drugs}
    assert systems == {HCPCS, NDC}
