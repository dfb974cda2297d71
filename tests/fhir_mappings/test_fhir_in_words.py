"""Treatment that only notes tell: each regimen is one question, what is denied, planned or of another is none."""

import pytest

from policies.model.findings import Range, State
from tests.fhir_mappings.fhir_charts import (
    BREAST,
    MYELOMA,
    Json,
    condition,
    finding,
    given,
    judged,
    metastatic,
    order_of,
    resource,
)
from tests.fhir_mappings.test_fhir_proposals import note
from tests.words import said

MM = condition("C90.02")
HISTORY = """Oncology history:
1. IgA myeloma, found in 03/2018.
2. 04/2018 to 10/2018: bortezomib, lenalidomide, dexamethasone; autograft with melphalan 11/2018.
3. 02/2020 to 01/2021: daratumumab with pomalidomide. No response.
4. 03/2021 to 12/2021: carfilzomib.
5. 02/2023: selinexor, not tolerated.
Plan:
- elranatamab
- talquetamab later
"""
HISTORIA = """Historia:
Primera línea: bortezomib y lenalidomida desde 04/2018.
Segunda línea: daratumumab y pomalidomida desde 02/2020.
Tercera línea: carfilzomib desde 03/2021.
Cuarta línea: selinexor desde 02/2023.
Plan: elranatamab
"""
REGIMENS = "VRd 04/2018, Dara-Pd 02/2020, Kd 03/2021 and XPd 02/2023"
EVERY = {"prior_anti_her2_therapies", "prior_anti_her2_therapies_metastatic", "prior_lines_advanced"}
ONE_LINE = (
    "Prior: bortezomib/lenalidomide 2018, 2L daratumumab + pomalidomide 2020, 3L carfilzomib 2021, then selinexor 2023"
)


def asked(fact: str, *chart: Json, drug: str = MYELOMA) -> list[str]:
    return [said(one.words) for one in judged(*chart, drug=drug).findings[fact].proposals]


@pytest.mark.parametrize(
    "words", [HISTORY, HISTORIA, ONE_LINE, REGIMENS], ids=["list", "Spanish", "one line", "regimens"]
)
def test_each_regimen_of_a_history_is_one_question_and_none_is_counted(words: str) -> None:
    found = judged(MM, note(words), drug=MYELOMA).findings
    lines = found["prior_lines"]
    assert lines.state is State.UNKNOWN
    assert [one.means for one in lines.proposals] == [Range(1)] * 4
    assert not [one for one in lines.proposals if "talquetamab" in said(one.words)]


@pytest.mark.parametrize("fact", ["prior_anti_cd38", "prior_proteasome_inhibitor", "prior_immunomodulatory"])
@pytest.mark.parametrize(
    "words", [HISTORY, HISTORIA, ONE_LINE, REGIMENS], ids=["list", "Spanish", "one line", "regimens"]
)
def test_a_history_names_the_classes_to_be_confirmed(words: str, fact: str) -> None:
    assert [one.means for one in judged(MM, note(words), drug=MYELOMA).findings[fact].proposals] == [True]


@pytest.mark.parametrize(
    "words",
    [
        "Daratumumab naive",
        "She never received daratumumab",
        "No prior daratumumab",
        "Consider daratumumab at relapse",
        "Daratumumab was discussed",
        "Will start daratumumab",
        "Plan: daratumumab",
        "Recommendations:\n- daratumumab\n- carfilzomib",
        "Her mother received daratumumab",
        "Daratumumab ordered, pending authorization",
        "Nunca recibió daratumumab",
        "Candidata a daratumumab",
        "Possible daratumumab elsewhere",
        "Elranatamab after daratumumab",
        "No known allergies",
    ],
)
def test_what_a_note_denies_plans_or_tells_of_another_is_no_line(words: str) -> None:
    assert asked("prior_lines", MM, note(words)) == []


def test_a_regimen_that_records_hold_is_not_asked_again() -> None:
    records = (given("daratumumab", "2020-02-03"), given("pomalidomide", "2020-02-03"))
    assert asked("prior_lines", MM, *records, note("02/2020: daratumumab with pomalidomide")) == []
    assert len(asked("prior_lines", MM, *records, note("03/2021: carfilzomib"))) == 1


def test_of_notes_that_repeat_a_regimen_the_fullest_telling_is_asked_once() -> None:
    told = ("2018: bortezomib, lenalidomide", "2018 bortezomib", "2018: lenalidomide with bortezomib")
    assert len(asked("prior_lines", MM, *(note(words) for words in told))) == 1


@pytest.mark.parametrize(
    ("words", "counts"),
    [
        ("T-DM1 05/2023", EVERY),
        ("T-DM1 05/2019", {"prior_anti_her2_therapies"}),
        ("Adjuvant T-DM1", {"prior_anti_her2_therapies"}),
        ("T-DM1", EVERY),
        ("T-DM1 for metastatic disease", EVERY),
    ],
)
def test_a_regimen_in_words_counts_in_the_setting_of_its_words_or_date(words: str, counts: set[str]) -> None:
    found = judged(condition(), metastatic("2021-01-01"), note(words)).findings
    (one,) = found["prior_anti_her2_therapies"].proposals
    assert set(one.counts) == counts


def test_where_neither_words_nor_date_tell_the_setting_is_asked_with_the_line() -> None:
    (one,) = judged(condition(), metastatic("2021-01-01"), note("T-DM1")).findings["prior_lines_advanced"].proposals
    assert said(one.asks) == "Was it an earlier line of its own, for advanced disease?"


def test_an_undated_giving_is_asked_for_every_setting() -> None:
    chart = (condition(), metastatic("2021-01-01"), given("trastuzumab-emtansine", None))
    (one,) = judged(*chart).findings["prior_lines_advanced"].proposals
    assert said(one.asks) == "Was it an earlier line of its own, for advanced disease?"


def test_a_car_t_without_a_code_that_counts_is_asked_as_a_line() -> None:
    infused = resource(
        "Procedure",
        status="completed",
        performedDateTime="2024-03-04",
        code={"coding": [{"system": "urn:oid:1.2.3", "code": "CT1", "display": "CAR-T cell administration"}]},
    )
    assert len(asked("prior_lines", MM, infused)) == 1


@pytest.mark.parametrize("words", ["capecitabine 500 mg tablets", "Xeloda 500 mg", "capecitabina 500 mg"])
def test_a_partner_that_is_drafted_in_words_is_proposed_and_proves_nothing(words: str) -> None:
    beside = order_of(drug=BREAST, medicationCodeableConcept={"text": words})
    found = judged(condition(), metastatic(), beside=[beside]).findings["combination_partner"]
    assert found.state is State.UNKNOWN
    assert [one.means for one in found.proposals] == ["capecitabine"]


@pytest.mark.parametrize(
    ("words", "means"),
    [
        ("Plan: margetuximab with eribulin", ["eribulin"]),
        ("Start vinorelbine day 1", ["vinorelbine"]),
        ("Previously on gemcitabine", []),
        ("No eribulin", []),
        ("Eribulin or vinorelbine", []),
    ],
)
def test_a_partner_in_a_note_is_proposed_if_it_is_one(words: str, means: list[str]) -> None:
    found = judged(condition(), metastatic(), note(words)).findings["combination_partner"]
    assert [one.means for one in found.proposals] == means


@pytest.mark.parametrize(
    ("words", "means"),
    [
        ("ER negative, PR negative, HER2 3+ by IHC", ["3+"]),
        ("ER 95%, PR 10%, HER2 3+, Ki-67 40%", ["3+"]),
        ("Inmunohistoquímica: RE negativo, RP negativo, HER2 positivo (3+)", ["3+"]),
        ("ER 3+, HER2 1+", ["1+"]),
        ("ER 3+, HER2", []),
        ("HER2 not 3+, ER positive", []),
    ],
)
def test_of_a_list_of_markers_the_part_of_her2_is_proposed(words: str, means: list[str]) -> None:
    found = finding("her2_ihc_score", condition(), note(words))
    assert found.state is State.UNKNOWN
    judgement = judged(condition(), note(words))
    assert [one.means for one in judgement.findings["her2_ihc_score"].proposals] == means
