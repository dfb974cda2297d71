from pathlib import Path

import pytest
from policy_texts import shipped_words as words

from policies.files.problems import PolicyError
from policies.terminology.drugs import Drug, DrugCode, Drugs
from policies.terminology.national_codes import ndc_forms, product_of_ndc
from policies.terminology.registry import load

RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"
HCPCS = "http://www.cms.gov/Medicare/Coding/HCPCSReleaseCodeSets"
NDC = "http://hl7.org/fhir/sid/ndc"
ICD10PCS = "http://www.cms.gov/Medicare/Coding/ICD10"
TABLE = words().drugs("2026-11-24")


def found(system: str, code: str) -> str:
    match = TABLE.find(system, code)
    return match.drug.id if match else ""


def small(*drugs: tuple[str, str]) -> Drugs:
    """Build a table of drugs with one national drug code each."""
    system = words().systems["NDC"]
    return Drugs("1", [Drug(name, name, (DrugCode(system, code, name, "verified", "here"),)) for name, code in drugs])


@pytest.mark.parametrize(
    "system", ["http://hl7.org/fhir/sid/ndc", "https://hl7.org/fhir/sid/ndc", "urn:oid:2.16.840.1.113883.6.69"]
)
@pytest.mark.parametrize(
    ("code", "drug"),
    [
        ("74527-022", "margetuximab"),
        ("74527-022-02", "margetuximab"),
        ("74527-022-99", "margetuximab"),
        ("74527-0022-02", "margetuximab"),
        ("74527002202", "margetuximab"),
        ("7452702202", "margetuximab"),
        ("0069-2522-01", "elranatamab"),
        ("00069-2522-02", "elranatamab"),
        ("00069-2522-1", "elranatamab"),
        ("0069-2522", "elranatamab"),
        ("00069252201", "elranatamab"),
        ("0069252201", "elranatamab"),
        ("63539-0252-1", "elranatamab"),
        ("74527-023-02", ""),
        ("745270", ""),
        ("7452702202x", ""),
        ("", ""),
        ("-", ""),
    ],
)
def test_a_national_drug_code_is_found_in_every_form_whatever_the_package(system: str, code: str, drug: str) -> None:
    assert found(system, code) == drug


@pytest.mark.parametrize(
    ("code", "product"),
    [
        ("0069-2522", "000692522"),
        ("74527-022", "745270022"),
        ("12345-6789-1", "123456789"),
        ("1234-5678-90", "012345678"),
    ],
)
def test_labeler_and_product_are_filled_up_to_nine_digits(code: str, product: str) -> None:
    assert product_of_ndc(code) == product
    assert ndc_forms(code) == (product,)


def test_ten_bare_digits_can_be_segmented_in_three_ways() -> None:
    assert ndc_forms("1234567890") == ("012345678", "123450678", "123456789")


def test_ten_bare_digits_that_can_be_two_drugs_are_neither() -> None:
    table = small(("one", "1234-5678"), ("two", "12345-678"))
    assert table.find(NDC, "1234567890") is None
    hyphenated = table.find(NDC, "1234-5678-90")
    assert hyphenated is not None
    assert hyphenated.drug.id == "one"


def test_a_code_looks_like_a_national_drug_code_only_in_their_system() -> None:
    assert found(RXNORM, "74527-022-02") == ""
    assert found("http://example.org/ndc", "74527-022-02") == ""


@pytest.mark.parametrize(
    ("system", "code", "drug"),
    [
        (HCPCS, "J9353", "margetuximab"),
        (HCPCS, "j9353", "margetuximab"),
        ("urn:oid:2.16.840.1.113883.6.285", "J9353", "margetuximab"),
        (HCPCS, "J1323", "elranatamab"),
        (HCPCS, "C9165", "elranatamab"),
        (RXNORM, "2473851", "margetuximab"),
        (RXNORM, "2644887", "elranatamab"),
        # a biosimilar, a brand and a subcutaneous form are their drug
        (RXNORM, "2103478", "trastuzumab"),
        (RXNORM, "2179754", "trastuzumab"),
        (HCPCS, "Q5117", "trastuzumab"),
        (HCPCS, "J9356", "trastuzumab"),
        (RXNORM, "2119715", "trastuzumab"),
        (RXNORM, "2375137", "daratumumab"),
        (HCPCS, "J9144", "daratumumab"),
        # a conjugate and a fixed combination are drugs of their own
        (RXNORM, "1371041", "trastuzumab-emtansine"),
        (HCPCS, "J9354", "trastuzumab-emtansine"),
        (RXNORM, "2267577", "trastuzumab-deruxtecan"),
        (HCPCS, "J9358", "trastuzumab-deruxtecan"),
        (RXNORM, "2382605", "pertuzumab-trastuzumab"),
        (HCPCS, "J9316", "pertuzumab-trastuzumab"),
        (ICD10PCS, "XW033K7", "idecabtagene-vicleucel"),
        (ICD10PCS, "xw043a7", "ciltacabtagene-autoleucel"),
        # codes that public lists give wrongly
        (RXNORM, "1723735", "ixazomib"),
        (RXNORM, "1597258", ""),
        (HCPCS, "J9313", ""),
        (HCPCS, "J9229", ""),
        (HCPCS, "J9177", ""),
        (HCPCS, "J9228", ""),
        # one code for many drugs names none
        (HCPCS, "J9999", ""),
        (HCPCS, "J3490", ""),
        (HCPCS, "J3590", ""),
    ],
)
def test_a_product_code_is_its_drug(system: str, code: str, drug: str) -> None:
    assert found(system, code) == drug


@pytest.mark.parametrize("code", ["Q5146", "J9227", "J3055", "J9037"])
def test_a_product_code_that_is_not_verified_is_never_found(code: str) -> None:
    assert any(one.code == code for drug in TABLE.by_id.values() for one in drug.codes)
    assert found(HCPCS, code) == ""


def test_no_unverified_code_of_the_table_can_decide() -> None:
    for drug in TABLE.by_id.values():
        for code in drug.codes:
            assert all((code.display, code.source))
            if code.confidence != "verified":
                assert found(code.system.uri, code.code) == ""


def test_every_verified_code_of_the_table_is_found_under_every_spelling_of_its_system() -> None:
    for drug in TABLE.by_id.values():
        for code in drug.codes:
            if code.confidence == "verified":
                assert {found(uri, code.code) for uri in (code.system.uri, *code.system.also)} == {drug.id}


def test_a_code_that_once_meant_something_else_says_since_when_it_means_this() -> None:
    match = TABLE.find(HCPCS, "J9380")
    assert match is not None
    assert (match.drug.id, match.code.since) == ("teclistamab", "2011-01-01")
    reused = [code.code for drug in TABLE.by_id.values() for code in drug.codes if code.since]
    assert reused == ["J9380"]


def test_conjugates_say_what_they_are_made_of_and_combinations_what_they_contain() -> None:
    assert TABLE.by_id["trastuzumab-emtansine"].derived_from == "trastuzumab"
    assert TABLE.by_id["trastuzumab-deruxtecan"].derived_from == "trastuzumab"
    assert TABLE.by_id["liposomal-doxorubicin"].derived_from == "doxorubicin"
    assert TABLE.by_id["pertuzumab-trastuzumab"].contains == ("pertuzumab", "trastuzumab")


@pytest.mark.parametrize(
    ("text", "drugs"),
    [
        ("Margenza 250 mg", {"margetuximab"}),
        ("MARGETUXIMAB-CMKB", {"margetuximab"}),
        ("trastuzumab (Ogivri)", {"trastuzumab"}),
        ("ado-trastuzumab emtansine", {"trastuzumab-emtansine"}),
        ("Kadcyla", {"trastuzumab-emtansine"}),
        ("Phesgo", {"pertuzumab-trastuzumab"}),
        ("pertuzumab and trastuzumab", {"pertuzumab", "trastuzumab"}),
        ("liposomal doxorubicin", {"liposomal-doxorubicin"}),
        ("saline 0.9 %", set()),
        ("", set()),
    ],
)
def test_a_text_names_drugs_by_substance_or_brand(text: str, drugs: set[str]) -> None:
    assert TABLE.named_in(text) == drugs


@pytest.mark.parametrize(
    ("drug", "text", "contradicts"),
    [
        ("margetuximab", "Injection, margetuximab-cmkb, 5 mg", False),
        ("margetuximab", "trastuzumab", True),
        ("margetuximab", "", False),
        ("margetuximab", "an injection", False),
        ("trastuzumab", "trastuzumab-dkst", False),
        ("trastuzumab", "ado-trastuzumab emtansine", True),
        ("trastuzumab-emtansine", "ado-trastuzumab emtansine", False),
        ("trastuzumab-emtansine", "trastuzumab", True),
        ("ixazomib", "daratumumab", True),
        ("pertuzumab-trastuzumab", "pertuzumab, trastuzumab and hyaluronidase", False),
        ("pertuzumab-trastuzumab", "trastuzumab", False),
        ("pertuzumab-trastuzumab", "trastuzumab and lapatinib", True),
        ("trastuzumab", "Phesgo", True),
    ],
)
def test_a_display_that_names_another_drug_contradicts_its_code(drug: str, text: str, contradicts: bool) -> None:
    assert TABLE.contradicts(TABLE.by_id[drug], text) is contradicts


def test_no_code_of_the_table_is_contradicted_by_its_own_display() -> None:
    for drug in TABLE.by_id.values():
        for code in drug.codes:
            # a concept of RxNorm for the conjugate's form is named by the antibody and, in brackets, by the brand
            assert not TABLE.contradicts(drug, code.display), f"{drug.id}: {code.display}"


def test_every_code_of_the_table_is_claimed_once() -> None:
    assert list(TABLE.clashes()) == []


@pytest.mark.parametrize(
    ("display", "drug"),
    [("", "trastuzumab"), ("trastuzumab", "trastuzumab"), ("an infusion", "trastuzumab"), ("pertuzumab", "")],
)
def test_a_coding_is_told_by_its_code_unless_its_display_names_another_drug(display: str, drug: str) -> None:
    for _ in range(2):
        assert [one.drug.id for one in TABLE.of_coding(RXNORM, "224905", display)] == ([drug] if drug else [])


def test_an_unknown_coding_is_told_as_nothing() -> None:
    assert TABLE.of_coding(RXNORM, "0", "trastuzumab") == ()


def short(name: str, *, made_of: str = "", called: tuple[str, ...] = ()) -> Drug:
    return Drug(name, name, (), derived_from=made_of, abbreviated=called)


SHORT = Drugs(
    "1",
    [
        short("trastuzumab"),
        short("trastuzumab-deruxtecan", made_of="trastuzumab", called=("tdxd",)),
        short("trastuzumab-emtansine", made_of="trastuzumab", called=("tdm1",)),
    ],
)


@pytest.mark.parametrize("written", ["T-DXd", "tdxd", "TDXD 5.4 mg/kg", "(T-DXd)", "trastuzumab (T-DXd)"])
def test_a_short_name_names_its_drug_and_belies_others(written: str) -> None:
    assert SHORT.named_in(written) == {"trastuzumab-deruxtecan"}
    assert SHORT.contradicts(SHORT.by_id["trastuzumab-emtansine"], written)
    assert not SHORT.contradicts(SHORT.by_id["trastuzumab-deruxtecan"], written)


@pytest.mark.parametrize("written", ["dxd", "tdx", "tdxds", "t dxd", ""])
def test_what_only_looks_like_a_short_name_names_nothing(written: str) -> None:
    assert SHORT.named_in(written) == frozenset()


def _table(*drugs: str) -> str:
    return "version: 2030-01-01\ntitle: t\nsays: s\ndrugs:\n" + "".join(drugs)


def _entry(name: str, said: str, code: str = "42316", display: str = "tacrolimus") -> str:
    row = f'{{system: RXNORM, code: "{code}", display: "{display}", confidence: verified, source: "the tests"}}'
    return f"  {name}:\n    name: {said}\n    codes:\n      - {row}\n"


@pytest.mark.parametrize(
    ("drugs", "cause"),
    [
        ((_entry("tacrolimus", '"tacrolimus, topical"'),), "names a route that it is not bound to"),
        ((_entry("tacrolimus", '"tacrolimus, topical"\n    route: oral'),), "names a route that it is not bound to"),
        ((_entry("tacrolimus", '"tacrolimus"\n    route: dermal'),), "'dermal' is no route"),
        ((_entry("a", "tacrolimus\n    route: topical"), _entry("b", "tacrolimus")), "is claimed by"),
        ((_entry("a", "tacrolimus\n    route: topical"), _entry("b", "tacrolimus\n    route: local")), "is claimed by"),
        (
            (_entry("a", "tacrolimus\n    route: topical", "1", "tacrolimus 1 MG Oral Capsule"),),
            "is given by another route",
        ),
    ],
)
def test_a_route_that_a_table_says_by_halves_is_a_fault(tmp_path: Path, drugs: tuple[str, ...], cause: str) -> None:
    (tmp_path / "drugs.2030-01-01.yaml").write_text(_table(*drugs), "utf-8")
    with pytest.raises(PolicyError, match=cause):
        load(tmp_path)


def test_drugs_of_routes_of_their_own_may_share_a_code(tmp_path: Path) -> None:
    both = _entry("a", "tacrolimus\n    route: topical"), _entry("b", "tacrolimus\n    route: [systemic]")
    (tmp_path / "drugs.2030-01-01.yaml").write_text(_table(*both), "utf-8")
    found = load(tmp_path).drugs("2030-01-01").matches(RXNORM, "42316")
    assert [one.drug.id for one in found] == ["a", "b"]
