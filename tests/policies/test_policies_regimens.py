"""Names of regimens and short names of drugs in them: read to propose, exactly as oncologists write them."""

import pytest
from policy_texts import shipped_words as words

TABLE = words().drugs("2026-11-30")
NOTHING = ""


def told(text: str) -> str:
    return " ".join(sorted(TABLE.spoken_of_in(text)))


@pytest.mark.parametrize(
    ("text", "drugs"),
    [
        ("VRd x 4", "bortezomib lenalidomide"),
        ("V-R-d", "bortezomib lenalidomide"),
        ("RVD lite", "bortezomib lenalidomide"),
        ("Dara-VRd", "bortezomib daratumumab lenalidomide"),
        ("Dara/Rd", "daratumumab lenalidomide"),
        ("KPd", "carfilzomib pomalidomide"),
        ("Kd-based", "carfilzomib"),
        ("EPd", "elotuzumab pomalidomide"),
        ("Isa-Pd", "isatuximab pomalidomide"),
        ("IsaKd", "carfilzomib isatuximab"),
        ("SVd", "bortezomib selinexor"),
        ("CyBorD", "bortezomib cyclophosphamide"),
        ("Pom/dex", "pomalidomide"),
        ("THP", "pertuzumab trastuzumab"),
        ("TCH-P", "carboplatin docetaxel pertuzumab trastuzumab"),
        ("AC-THP", "cyclophosphamide doxorubicin pertuzumab trastuzumab"),
        ("tucatinib+cape+tras", "capecitabine trastuzumab tucatinib"),
        ("HER2CLIMB", "capecitabine trastuzumab tucatinib"),
        ("T-DM1", "trastuzumab-emtansine"),
    ],
)
def test_a_regimen_names_its_drugs(text: str, drugs: str) -> None:
    assert told(text) == drugs


@pytest.mark.parametrize(
    "text",
    [
        "DPD deficiency",  # dihydropyrimidine dehydrogenase
        "PVD",  # peripheral vascular disease
        "SVD 2014",  # a birth
        "ACTH 22 pg/mL",
        "PD",  # progressive disease
        "thp",
        "123 Main Rd",
        "Rev. Smith",
        "len of stay",
        "gem of a patient",
        "dara",
        "vel/fast",
        "TAC de torax",  # a scan, in Spanish
        "IV/SC",
    ],
)
def test_what_reads_like_a_regimen_names_none(text: str) -> None:
    assert told(text) == NOTHING


def test_a_regimen_says_nothing_of_what_a_code_means() -> None:
    assert TABLE.named_in("KPd") == frozenset()
    assert not TABLE.contradicts(TABLE.by_id["bortezomib"], "KPd")
