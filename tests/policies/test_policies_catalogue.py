"""The catalogue: the version in force on a day, and loading a folder with faults in it."""

from datetime import date
from functools import cache
from pathlib import Path

import pytest
from policy_texts import ELRANATAMAB, HOME, MARGETUXIMAB, Edit, edited, real, words

from policies.building.policy import build
from policies.catalogue import Catalogue, load
from policies.files.problems import PolicyError, Problem, UnknownVersionError, place
from policies.files.yaml_source import parse
from policies.model.dates import OrderDate
from policies.model.policy import Policy

FIRST, SECOND = date(2025, 12, 11), date(2026, 6, 1)


def dated(day: date, *edits: Edit) -> Policy:
    text = edited(real(ELRANATAMAB), ("version: 2025-12-11", f"version: {day}"), *edits)
    return build(parse(text, f"data/elranatamab/{day}.yaml"), words())


@cache
def catalogue() -> Catalogue:
    return Catalogue([dated(SECOND), dated(FIRST)], words())


@pytest.mark.parametrize(
    ("day", "version"),
    [
        (date(2000, 1, 1), None),
        (date(2025, 12, 10), None),
        (date(2025, 12, 11), FIRST),
        (date(2026, 3, 1), FIRST),
        (date(2026, 5, 31), FIRST),
        (date(2026, 6, 1), SECOND),
        (date(2099, 1, 1), SECOND),
    ],
)
def test_the_version_in_force_on_the_day_is_chosen(day: date, version: date | None) -> None:
    (versions,) = catalogue().for_drug("elranatamab")
    chosen = versions.on(day)
    assert (chosen.version if chosen else None) == version


def test_versions_stand_oldest_first_whatever_the_order_of_the_files() -> None:
    assert catalogue().versions("elranatamab").dates == (FIRST, SECOND)
    assert [policy.version for policy in catalogue().all] == [FIRST, SECOND]


def test_a_drug_without_a_policy_has_none() -> None:
    for drug in ("trastuzumab", ""):
        assert catalogue().for_drug(drug) == ()
        assert catalogue().choice(drug, OrderDate(SECOND), "") is None


def test_a_policy_that_is_not_on_file_is_told() -> None:
    with pytest.raises(UnknownVersionError, match="no policy 'margetuximab' is on file"):
        catalogue().versions("margetuximab")


def test_the_catalogue_of_a_folder_loads() -> None:
    real_one = load(HOME)
    assert real_one.ids == ("elranatamab", "margetuximab")
    assert [(policy.id, policy.version) for policy in real_one.all] == [
        ("elranatamab", date(2025, 12, 11)),
        ("margetuximab", date(2026, 5, 6)),
    ]
    for name in real_one.ids:
        assert real_one.for_drug(name) == (real_one.versions(name),)
    assert real_one.versions("margetuximab").on(date(2026, 5, 5)) is None
    assert real_one.versions("elranatamab").on(date(2025, 12, 10)) is None


def test_the_newest_tables_tell_what_a_product_is() -> None:
    found = catalogue()
    assert found.drugs.version == max(words().drug_tables)
    assert found.unspecific.find("http://www.cms.gov/Medicare/Coding/HCPCSReleaseCodeSets", "J3490") is not None
    assert "http://hl7.org/fhir/sid/ndc" in found.product_systems
    assert "urn:oid:2.16.840.1.113883.6.88" in found.product_systems
    assert "http://loinc.org" not in found.product_systems


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """Return a copy of the package's data: the value sets as they are, the policies to be changed."""
    (tmp_path / "value_sets").symlink_to(HOME / "value_sets")
    for name in (ELRANATAMAB, MARGETUXIMAB):
        write(tmp_path, name, real(name))
    return tmp_path


def write(home: Path, name: str, text: str) -> None:
    file = home / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")


def problems(home: Path) -> tuple[Problem, ...]:
    with pytest.raises(PolicyError) as caught:
        load(home)
    return caught.value.problems


def test_a_copy_of_the_data_loads(home: Path) -> None:
    assert load(home).ids == ("elranatamab", "margetuximab")


def test_a_new_dated_file_is_a_new_version(home: Path) -> None:
    text = edited(real(ELRANATAMAB), ("version: 2025-12-11", "version: 2026-06-01"))
    write(home, "data/elranatamab/2026-06-01.yaml", text)
    assert load(home).versions("elranatamab").dates == (FIRST, SECOND)


def test_the_faults_of_every_bad_policy_stop_the_start_together(home: Path) -> None:
    write(home, ELRANATAMAB, edited(real(ELRANATAMAB), ("revision: 2", "revision: 0"), ("  payer: MMM\n", "")))
    write(home, MARGETUXIMAB, edited(real(MARGETUXIMAB), ("kind: intolerance", "kind: intolerant")))
    write(home, "data/margetuximab/2026-07-01.yaml", "")
    assert [(one.file, place(one.path)) for one in problems(home)] == [
        (ELRANATAMAB, "revision"),
        (ELRANATAMAB, "document"),
        (MARGETUXIMAB, "facts.unacceptable_toxicity.kind"),
        ("data/margetuximab/2026-07-01.yaml", ""),
    ]


def test_a_file_in_the_wrong_folder_is_a_fault(home: Path) -> None:
    (home / ELRANATAMAB).rename(home / "data/margetuximab/2025-12-11.yaml")
    (problem,) = problems(home)
    assert problem.file == "data/margetuximab/2025-12-11.yaml"
    assert problem.mend == "name it elranatamab/2025-12-11.yaml"


def test_two_policies_for_one_drug_are_a_fault(home: Path) -> None:
    other = edited(real(ELRANATAMAB), ("id: elranatamab\n", "id: elrexfio\n"))
    write(home, "data/elrexfio/2025-12-11.yaml", other)
    (problem,) = problems(home)
    assert str(problem) == (
        "data/elrexfio/2025-12-11.yaml:20:3 (product.drug): "
        "'elranatamab' already belongs to the policy 'elranatamab'\n"
        "    To mend it: let one policy cover a drug, or each the lines of business that it names under 'holds_for'"
    )


def test_a_bad_value_set_stops_the_start(home: Path) -> None:
    (home / "value_sets").unlink()
    write(home, "value_sets/systems.yaml", real("value_sets/systems.yaml"))
    write(home, "value_sets/stop-reasons.2026-11-24.yaml", "id: stop-reasons\n")
    found = problems(home)
    assert {one.file for one in found} == {"value_sets/stop-reasons.2026-11-24.yaml"}
