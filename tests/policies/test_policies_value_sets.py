import pytest
from policy_texts import shipped_words as words

from policies.terminology.value_sets import CodeSet, CodeSystem, DrugSet, Member

VERSION = "2026-11-24"
ICD = CodeSystem("ICD", "http://icd", "ICD", ("urn:icd",), ignores_case=True, dots_may_be_missing=True)
PLAIN = CodeSystem("PLAIN", "http://plain", "Plain")

SPELLINGS = {
    "LOINC": [
        "http://loinc.org",
        "https://loinc.org",
        "http://loinc.org/",
        "urn:oid:2.16.840.1.113883.6.1",
        "2.16.840.1.113883.6.1",
    ],
    "SNOMED": [
        "http://snomed.info/sct",
        "https://snomed.info/sct",
        "http://snomed.info/sct/731000124108",
        "http://snomed.info/sct/",
        "http://snomed.info/sct/900000000000207008",
        "urn:oid:2.16.840.1.113883.6.96",
        "2.16.840.1.113883.6.96",
    ],
    "RXNORM": [
        "http://www.nlm.nih.gov/research/umls/rxnorm",
        "https://www.nlm.nih.gov/research/umls/rxnorm",
        "urn:oid:2.16.840.1.113883.6.88",
        "2.16.840.1.113883.6.88",
    ],
    "ICD10CM": [
        "http://hl7.org/fhir/sid/icd-10-cm",
        "http://hl7.org/fhir/sid/icd-10-cm/",
        "https://hl7.org/fhir/sid/icd-10-cm",
        "urn:oid:2.16.840.1.113883.6.90",
        "2.16.840.1.113883.6.90",
        "http://terminology.hl7.org/CodeSystem/icd10CM",
        "http://www.cdc.gov/nchs/icd/icd10cm.htm",
        "http://hl7.org/fhir/sid/icd-10",
        "urn:oid:2.16.840.1.113883.6.3",
    ],
    "ICD10PCS": [
        "http://www.cms.gov/Medicare/Coding/ICD10",
        "http://hl7.org/fhir/sid/icd-10-pcs",
        "http://www.icd10data.com/icd10pcs",
        "urn:oid:2.16.840.1.113883.6.4",
    ],
    "HCPCS": [
        "http://www.cms.gov/Medicare/Coding/HCPCSReleaseCodeSets",
        "https://www.cms.gov/Medicare/Coding/HCPCSReleaseCodeSets",
        "http://terminology.hl7.org/CodeSystem/HCPCS-all-codes",
        "https://bluebutton.cms.gov/resources/codesystem/hcpcs",
        "urn:oid:2.16.840.1.113883.6.285",
        "2.16.840.1.113883.6.285",
        "http://terminology.hl7.org/CodeSystem/HCPCS",
    ],
    "NDC": [
        "http://hl7.org/fhir/sid/ndc",
        "https://hl7.org/fhir/sid/ndc",
        "urn:oid:2.16.840.1.113883.6.69",
        "2.16.840.1.113883.6.69",
    ],
    "AJCC": [
        "http://cancerstaging.org",
        "https://cancerstaging.org",
        "http://www.cancerstaging.org",
        "http://cancerstaging.org/",
    ],
    "ATC": [
        "http://www.whocc.no/atc",
        "https://www.whocc.no/atc",
        "urn:oid:2.16.840.1.113883.6.73",
    ],
    "CPT": [
        "http://www.ama-assn.org/go/cpt",
        "https://www.ama-assn.org/go/cpt",
        "urn:oid:2.16.840.1.113883.6.12",
        "2.16.840.1.113883.6.12",
    ],
    "CVX": [
        "http://hl7.org/fhir/sid/cvx",
        "https://hl7.org/fhir/sid/cvx",
        "urn:oid:2.16.840.1.113883.12.292",
        "2.16.840.1.113883.12.292",
    ],
}


@pytest.mark.parametrize(("name", "uris"), SPELLINGS.items())
def test_every_spelling_of_a_code_system_is_known(name: str, uris: list[str]) -> None:
    system = words().systems[name]
    assert system.uri == uris[0]
    assert {uri for uri, _ in system.spellings("x")} == set(uris)


def test_every_code_system_of_the_file_is_tested_here() -> None:
    assert words().systems.keys() == SPELLINGS.keys()


@pytest.mark.parametrize(
    ("name", "code", "uris"),
    [
        ("her2-tests", "85319-2", SPELLINGS["LOINC"]),
        ("multiple-myeloma", "109989006", SPELLINGS["SNOMED"]),
        ("multiple-myeloma", "C90.02", SPELLINGS["ICD10CM"]),
        ("unspecific-drug-codes", "J9999", SPELLINGS["HCPCS"]),
        ("stage-values", "M1", SPELLINGS["AJCC"]),
    ],
)
def test_a_code_is_found_under_every_spelling_of_its_system(name: str, code: str, uris: list[str]) -> None:
    codes = words().codes(name, VERSION)
    found = {codes.find(uri, code) for uri in uris}
    assert len(found) == 1
    assert None not in found


@pytest.mark.parametrize("code", ["C90.02", "C9002", "c90.02", "c9002"])
def test_an_icd_code_is_found_with_and_without_its_dot_in_either_case(code: str) -> None:
    found = words().codes("multiple-myeloma", VERSION).find("http://hl7.org/fhir/sid/icd-10-cm", code)
    assert found is not None
    assert found.code == "C90.02"


@pytest.mark.parametrize("code", ["cM1", "CM1", "cm1", "m1", "Stage IV", "STAGE IV", "stage iv", "ivb"])
def test_a_stage_is_found_in_either_case(code: str) -> None:
    assert words().codes("stage-values", VERSION).find("http://cancerstaging.org", code) is not None


@pytest.mark.parametrize(
    ("name", "system", "code"),
    [
        ("multiple-myeloma", "http://hl7.org/fhir/sid/icd-9-cm", "C90.02"),
        ("multiple-myeloma", "", "C90.02"),
        ("multiple-myeloma", "http://hl7.org/fhir/sid/icd-10-cm", "C90.0"),
        ("multiple-myeloma", "http://hl7.org/fhir/sid/icd-10-cm", "C90.021"),
        ("multiple-myeloma", "http://hl7.org/fhir/sid/icd-10-cm", ""),
        ("her2-tests", "http://loinc.org", "85319"),
        ("her2-ihc-scores", "http://loinc.org", "la11843-2"),
        ("her2-ihc-scores", "http://snomed.info/sct", "LA11843-2"),
    ],
)
def test_a_code_of_another_system_or_a_part_of_a_code_is_not_found(name: str, system: str, code: str) -> None:
    assert words().codes(name, VERSION).find(system, code) is None


@pytest.mark.parametrize("confidence", ["uncertain", "recalled"])
def test_a_code_that_is_not_verified_is_listed_and_never_found(confidence: str) -> None:
    member = Member(PLAIN, "x", "display", confidence, "source")
    codes = CodeSet("name", VERSION, "title", "says", [member])
    assert not member.decides
    assert codes.find(PLAIN.uri, "x") is None
    assert list(codes.codings()) == []
    assert codes.members == (member,)


def test_a_set_answers_to_every_spelling_of_its_codes() -> None:
    codes = CodeSet("name", VERSION, "title", "says", [Member(ICD, "C9.0", "display", "verified", "source")])
    assert set(codes.codings()) == {
        (uri, code) for uri in ("http://icd", "urn:icd") for code in ("C9.0", "c9.0", "C90", "c90")
    }


def test_a_code_system_without_liberties_has_one_spelling() -> None:
    assert list(PLAIN.spellings("aB.1")) == [("http://plain", "aB.1")]


def test_a_drug_set_tells_whether_it_holds_a_drug_and_in_which_role() -> None:
    drugs = DrugSet("name", VERSION, "title", "says", {"one": "main"})
    assert "one" in drugs
    assert "two" not in drugs
    assert drugs.roles["one"] == "main"


def test_no_unverified_code_of_any_value_set_can_decide() -> None:
    unverified = 0
    for codes in words().sets.values():
        if isinstance(codes, CodeSet):
            decided = {(member.system.name, member.code) for member in codes.members if member.decides}
            for member in codes.members:
                if member.confidence != "verified" and (member.system.name, member.code) not in decided:
                    unverified += 1
                    assert all(codes.find(*spelling) is None for spelling in member.system.spellings(member.code))
    assert unverified > 5


def test_every_code_has_a_display_a_confidence_and_a_source() -> None:
    for codes in words().sets.values():
        assert codes.title
        assert codes.says
        for member in codes.members if isinstance(codes, CodeSet) else ():
            assert member.system is words().systems[member.system.name]
            assert all((member.code, member.display, member.source))
            assert member.confidence in {"verified", "uncertain", "recalled"}


MEANINGS = {
    "body-height-tests": {""},
    "body-mass-index-tests": {""},
    "body-weight-tests": {"weight", "not measured"},
    "breast-cancer": {""},
    "breast-cancer-hints": {"", "another cancer"},
    "breast-recurrence": {"recurrent", "locally advanced"},
    "breast-secondary-neoplasms": {"distant", "regional", "unclear", "to the breast"},
    "disease-status-tests": {""},
    "disease-status-values": {"progression", "no progression", "undetermined"},
    "ecog-scores": {"0", "1", "2", "3", "4", "5"},
    "ecog-tests": {"ecog", "karnofsky"},
    "her2-ihc-scores": {"0", "1+", "2+", "3+"},
    "her2-methods": {"ihc", "ish"},
    "her2-statements": {"positive", "negative", "equivocal", "low"},
    "her2-tests": {"ihc", "ish", "overall", "ratio", "copies", "cep17", "quantity", "mutation", "not tissue", ""},
    "lvef-tests": {""},
    "multiple-myeloma": {""},
    "multiple-myeloma-hints": {""},
    "myeloma-course": {"relapsed", "remission"},
    "pregnancy-tests": {""},
    "result-words": {"positive", "negative", "equivocal", "indeterminate", "not tested"},
    "stage-tests": {"m", "stage", "m1", "m0"},
    "stage-values": {"m1", "m0", "iv", "neuroblastoma 4S"},
    "stop-reasons": {"not tolerated", "no response", "other"},
    "treatment-intents": {"adjuvant", "neoadjuvant", "palliative"},
    "unspecific-drug-codes": {""},
}


def test_every_meaning_is_one_of_a_closed_list() -> None:
    found = {
        name: {member.means for member in codes.members}
        for (name, _), codes in words().sets.items()
        if isinstance(codes, CodeSet)
    }
    assert found == MEANINGS


def test_a_verified_her2_test_always_says_what_it_is() -> None:
    assert all(member.means for member in words().codes("her2-tests", VERSION).members if member.decides)
