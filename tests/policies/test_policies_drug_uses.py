"""What drugs are used for, how diseases and unlisted cancer drugs are told apart, and rows that list many codes."""

import pytest
from policy_texts import words

from policies.terminology.code_rows import spread
from policies.terminology.drug_uses import Disease, Diseases, Unlisted

TABLE = words().drugs("2026-11-30")


def test_every_anticancer_drug_has_a_use_and_every_use_is_a_disease() -> None:
    known = TABLE.diseases.by_id.keys() | {"solid-tumors"}
    for drug in TABLE.by_id.values():
        assert drug.part
        assert set(drug.used_for) <= known
        assert drug.used_for or drug.part == "steroid"


@pytest.mark.parametrize(
    ("code", "diseases"),
    [
        ("C16.9", {"gastric-cancer"}),
        ("c169", {"gastric-cancer"}),
        ("C22.1", {"liver-cancer", "biliary-cancer"}),
        ("E85.81", {"amyloidosis"}),
        ("Z85.038", {"colorectal-cancer"}),
        ("C50.911", {"breast-cancer"}),
        ("C80.1", set()),
        ("I10", set()),
    ],
)
def test_a_disease_is_known_by_its_icd_code(code: str, diseases: set[str]) -> None:
    assert TABLE.diseases.coded([code]) == diseases


def test_a_disease_is_known_by_its_words() -> None:
    assert TABLE.diseases.named_in("Adenocarcinoma of the stomach") == {"gastric-cancer"}
    assert TABLE.diseases.named_in("Hypertension") == frozenset()


def test_a_drug_for_solid_tumors_is_used_for_each_of_them() -> None:
    known = Diseases([Disease("colon", ("C18",), ("colon",), solid=True), Disease("leukemia", ("C91",), ("leukemia",))])
    assert known.is_used_for({"solid-tumors"}, "colon")
    assert not known.is_used_for({"solid-tumors"}, "leukemia")
    assert known.is_used_for({"leukemia"}, "leukemia")
    assert not known.is_used_for({"solid-tumors"}, "gout")


@pytest.mark.parametrize(
    "text", ["Pyrotinib 400 mg", "ADCETRIS", "anito-cel infusion", "disitamab vedotin", "trastuzumab-anns"]
)
def test_a_cancer_drug_is_known_by_its_name_or_its_ending(text: str) -> None:
    assert TABLE.unlisted.is_named_in(text)


@pytest.mark.parametrize("text", ["baricitinib 2 mg", "tofacitinib", "ondansetron", "platin", "Vitamin D", ""])
def test_what_is_none_is_not(text: str) -> None:
    assert not TABLE.unlisted.is_named_in(text)


def test_a_class_code_is_known_under_every_address_of_its_system() -> None:
    assert TABLE.unlisted.is_coded("http://www.whocc.no/atc", "L01XX99")
    assert TABLE.unlisted.is_coded("urn:oid:2.16.840.1.113883.6.73", "l02bg04")
    assert not TABLE.unlisted.is_coded("http://www.whocc.no/atc", "L04AX03")
    assert not Unlisted().is_coded("http://www.whocc.no/atc", "L01XX99")


def test_a_row_that_lists_codes_is_a_row_for_each() -> None:
    rows = [{"system": "NDC", "source": "s", "listed": {"1": "a", "2": "b"}}, {"system": "NDC", "code": "3"}]
    assert list(spread(("codes",), rows)) == [
        (("codes", 0, "listed", "1"), {"system": "NDC", "source": "s", "code": "1", "display": "a"}),
        (("codes", 0, "listed", "2"), {"system": "NDC", "source": "s", "code": "2", "display": "b"}),
        (("codes", 1), {"system": "NDC", "code": "3"}),
    ]


def test_two_conjugates_of_one_payload_are_told_apart_by_name() -> None:
    assert TABLE.named_in("fam-trastuzumab deruxtecan-nxki") == {"trastuzumab-deruxtecan"}
    assert TABLE.named_in("datopotamab deruxtecan") == {"datopotamab-deruxtecan"}
    assert TABLE.named_in("deruxtecan") == {"trastuzumab-deruxtecan", "datopotamab-deruxtecan"}
    assert TABLE.named_in("melphalan flufenamide") == {"melphalan-flufenamide"}


def test_the_parts_of_a_fixed_combination_make_it() -> None:
    whole = TABLE.combination_of(["trastuzumab", "pertuzumab"])
    assert whole is not None
    assert whole.id == "pertuzumab-trastuzumab"
    assert TABLE.combination_of(["trastuzumab"]) is None
