"""Loading value sets and drug tables: every fault that a folder can have, and the lookups by name and version."""

from pathlib import Path

import pytest
from policy_texts import HOME, Edit, edited, position, real, words

from policies.files.problems import PolicyError, Problem, UnknownVersionError, place
from policies.terminology import registry

CODES = "value_sets/myeloma-course.2026-11-24.yaml"
DRUGS = "value_sets/margetuximab-partners.2026-11-24.yaml"
SYSTEMS = "value_sets/systems.yaml"
MEND = "name one of: LOINC, SNOMED, RXNORM, ICD10CM, ICD10PCS, HCPCS, NDC, AJCC, ATC"
TABLE = """\
version: 2026-11-24
title: Drugs
says: Two drugs
drugs:
  one:
    name: one
    codes:
      - {system: HCPCS, code: J0001, display: first, confidence: verified, source: here}
      - {system: NDC, code: 1234-123, display: first vial, confidence: verified, source: here}
  two:
    name: two
    codes:
      - {system: RXNORM, code: "22", display: second, confidence: verified, source: here}
"""
LAST = '      - {system: RXNORM, code: "22", display: second, confidence: verified, source: here}\n'


def row(system: str, code: str, confidence: str = "verified") -> str:
    return f'      - {{system: {system}, code: "{code}", display: more, confidence: {confidence}, source: here}}\n'


def folder(tmp_path: Path, **files: str) -> Path:
    home = tmp_path / "value_sets"
    home.mkdir()
    (home / "systems.yaml").write_text(files.pop("systems", real(SYSTEMS)), encoding="utf-8")
    for name, text in files.items():
        (home / f"{name.replace('_', '-')}.2026-11-24.yaml").write_text(text, encoding="utf-8")
    return home


def problems(home: Path) -> tuple[Problem, ...]:
    with pytest.raises(PolicyError) as caught:
        registry.load(home)
    return caught.value.problems


def test_the_real_folder_loads() -> None:
    assert words().drugs("2026-11-24").version == "2026-11-24"
    assert words().codes("ecog-tests", "2026-11-24").name == "ecog-tests"
    assert words().drug_set("anti-her2-drugs", "2026-11-24").version == "2026-11-24"
    assert len(words().sets) == len(list((HOME / "value_sets").glob("*.yaml"))) - len(("systems", "drugs", "drugs"))


@pytest.mark.parametrize(
    ("name", "edit", "at", "told"),
    [
        (
            CODES,
            ('{system: ICD10CM, code: "C90.02"', '{system: ICD10, code: "C90.02"'),
            "system: ICD10,",
            ("codes[0].system", "'ICD10' is no code system of systems.yaml", MEND),
        ),
        (
            CODES,
            ("version: 2026-11-24", "version: 2026-11-25"),
            "version: 2026-11-25",
            ("version", "The file is not named by its id and version", "name it myeloma-course.2026-11-25.yaml"),
        ),
        (
            CODES,
            ("id: myeloma-course", "id: myeloma"),
            "version: 2026-11-24",
            ("version", "The file is not named by its id and version", "name it myeloma.2026-11-24.yaml"),
        ),
        (
            CODES,
            ('code: "C90.01"', 'code: "c9002"'),
            '{system: ICD10CM, code: "c9002"',
            ("codes[1]", "'ICD10CM c9002' stands twice in this value set", "keep one of the two"),
        ),
        (
            CODES,
            ('code: "C90.01"', "code: 9001"),
            "code: 9001",
            ("codes[1].code", "'9001' is not a text", 'put it in quotes: "9001"'),
        ),
        (
            CODES,
            ('relapse", confidence: verified', 'relapse", confidence: sure'),
            "confidence: sure",
            ("codes[0].confidence", "'sure' is not allowed here", "use one of: verified, uncertain, recalled"),
        ),
        (
            DRUGS,
            ("{drug: eribulin}", "{drug: capecitabine}"),
            "{drug: capecitabine}\n  - {drug: gem",
            ("drugs[1]", "'capecitabine' stands twice in this value set", "keep one of the two"),
        ),
        (
            DRUGS,
            ("{drug: eribulin}", "{drug: eribulin, role: partner}"),
            "role: partner",
            (
                "drugs[1].role",
                "'partner' is not allowed here",
                "use one of: main, endocrine, maintenance, conditioning, lead-in",
            ),
        ),
        (
            DRUGS,
            ("drugs:\n", "rows:\n"),
            "rows:",
            (
                "rows",
                "'rows' is not a word of this file",
                "use one of: id, version, title, says, named, not_named, scale, codes, drugs",
            ),
        ),
    ],
)
def test_a_fault_of_a_value_set_is_told(
    tmp_path: Path, name: str, edit: Edit, at: str, told: tuple[str, str, str]
) -> None:
    text = edited(real(name), edit)
    home = folder(tmp_path, **{name.split("/")[1].split(".", maxsplit=1)[0]: text})
    found = [one for one in problems(home) if one.path]
    assert [(place(one.path), one.cause, one.mend) for one in found] == [told]
    assert (found[0].file, found[0].line, found[0].column) == (name, *position(text, at))


@pytest.mark.parametrize(
    "rows", ["", "codes:\n  - {system: LOINC, code: x, display: x, confidence: verified, source: x}\n"]
)
def test_a_value_set_holds_either_codes_or_drugs(tmp_path: Path, rows: str) -> None:
    text = real(DRUGS) + rows if rows else real(DRUGS)[: real(DRUGS).index("drugs:")]
    (problem,) = problems(folder(tmp_path, margetuximab_partners=text))
    assert problem.cause == "This needs exactly one of 'codes' and 'drugs'"
    assert problem.mend == "keep one, or add the one that is missing"


@pytest.mark.parametrize(
    ("edit", "where", "cause", "mend"),
    [
        (
            (LAST, LAST + row("HCPCS", "j0001")),
            "drugs.two.codes[1]",
            "HCPCS j0001 is claimed by 'one' and by 'two'",
            "leave it with the drug that it names",
        ),
        (
            (LAST, LAST + row("NDC", "01234-0123")),
            "drugs.two.codes[1]",
            "NDC 01234-0123 is claimed by 'one' and by 'two'",
            "leave it with the drug that it names",
        ),
        (
            (LAST, LAST + row("NDC", "1234-123-01")),
            "drugs.two.codes[1].code",
            "'1234-123-01' is not labeler and product of a national drug code",
            "write it like 74527-022, without the package",
        ),
        (
            (LAST, LAST + row("NDC", "012340123")),
            "drugs.two.codes[1].code",
            "'012340123' is not labeler and product of a national drug code",
            "write it like 74527-022, without the package",
        ),
        (
            (LAST, LAST + row("CVX", "1")),
            "drugs.two.codes[1].system",
            "'CVX' is no code system of systems.yaml",
            MEND,
        ),
        (
            ("    name: two\n", "    name: two\n    derived_from: three\n"),
            "drugs.two.derived_from",
            "There is no drug 'three'",
            "name one of this file",
        ),
        (
            ("    name: two\n", "    name: two\n    contains: [one, four]\n"),
            "drugs.two.contains",
            "There is no drug 'four'",
            "name one of this file",
        ),
        (
            ("version: 2026-11-24", "version: 2026-11-25"),
            "version",
            "The file is not named by its id and version",
            "name it drugs.2026-11-25.yaml",
        ),
    ],
)
def test_a_fault_of_the_drug_table_is_told(tmp_path: Path, edit: Edit, where: str, cause: str, mend: str) -> None:
    (problem,) = problems(folder(tmp_path, drugs=edited(TABLE, edit)))
    assert (place(problem.path), problem.cause, problem.mend) == (where, cause, mend)
    assert problem.file == "value_sets/drugs.2026-11-24.yaml"


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_a_code_that_is_not_verified_is_claimed_by_nobody(tmp_path: Path, order: tuple[int, int]) -> None:
    rows = [row("HCPCS", "J0009"), row("HCPCS", "J0009", "recalled")]
    first = ("  two:\n", rows[order[0]] + "  two:\n")
    home = folder(tmp_path, drugs=edited(TABLE, first, (LAST, LAST + rows[order[1]])))
    found = (
        registry.load(home).drugs("2026-11-24").find("http://terminology.hl7.org/CodeSystem/HCPCS-all-codes", "J0009")
    )
    assert found is not None
    assert found.drug.id == ("one", "two")[order[0]]


def test_every_code_that_is_claimed_twice_is_reported(tmp_path: Path) -> None:
    more = (LAST, LAST + row("HCPCS", "J0001") + row("NDC", "1234-0123"))
    assert len(problems(folder(tmp_path, drugs=edited(TABLE, more)))) == 2


def test_the_faults_of_all_files_of_a_folder_are_reported_at_once(tmp_path: Path) -> None:
    home = folder(
        tmp_path,
        drugs=edited(TABLE, (LAST, LAST + row("CVX", "1"))),
        myeloma_course=real(CODES).replace("ICD10CM", "ICD"),
        empty="",
    )
    assert sorted((one.file.split("/")[1].split(".")[0], place(one.path)) for one in problems(home)) == [
        ("drugs", "drugs.two.codes[1].system"),
        ("empty", ""),
        ("myeloma-course", "codes[0].system"),
        ("myeloma-course", "codes[1].system"),
    ]


def test_a_fault_of_the_code_systems_stops_at_once(tmp_path: Path) -> None:
    text = edited(real(SYSTEMS), ("    uri: http://loinc.org\n", ""))
    (problem,) = problems(folder(tmp_path, systems=text))
    assert (place(problem.path), problem.cause) == ("systems.LOINC", "'uri' is missing here")


def test_a_name_and_version_that_is_not_on_file_is_told() -> None:
    known = words()
    for look_up, message in (
        (lambda: known.codes("ecog-tests", "2020-01-01"), "no value set of codes 'ecog-tests' of 2020-01-01"),
        (lambda: known.codes("anti-her2-drugs", "2026-11-24"), "no value set of codes 'anti-her2-drugs'"),
        (lambda: known.drug_set("ecog-tests", "2026-11-24"), "no value set of drugs 'ecog-tests'"),
        (lambda: known.drugs("2020-01-01"), "no drug table of 2020-01-01"),
    ):
        with pytest.raises(UnknownVersionError, match=message):
            look_up()
