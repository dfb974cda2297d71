"""What the pages for a security officer say is so: each guard is a test that exists, each package bears its licence."""

import re
from importlib.metadata import metadata

import pytest

from cds_service.storage.tables import CHAIN, METADATA, SEALED
from tests.security.licences import LOCK, PAGE, ROOT, licence, page, pinned

THREATS = (ROOT / "docs" / "security.md").read_text("utf-8")
GUARD = re.compile(r"`(tests/[\w/]+\.py)::(test_\w+)`")
NO_TEST = ("operator:", "not guarded:")
ROWS = [line for line in THREATS.splitlines() if re.match(r"\| [STRIDE] \|", line)]


def test_threats_are_told_by_boundary_and_kind() -> None:
    assert {row.split("|")[1].strip() for row in ROWS} == set("STRIDE")
    assert len(ROWS) >= 25


@pytest.mark.parametrize("row", ROWS)
def test_each_threat_names_a_test_that_exists_or_says_whose_it_is(row: str) -> None:
    guards = GUARD.findall(row)
    assert guards or any(one in row for one in NO_TEST), "a threat needs a test, or the word of whose it is"
    for file, name in guards:
        assert f"def {name}(" in (ROOT / file).read_text("utf-8"), (file, name)


def test_every_test_that_the_page_names_exists() -> None:
    for file, name in GUARD.findall(THREATS):
        assert f"def {name}(" in (ROOT / file).read_text("utf-8"), (file, name)


def test_every_table_stands_in_the_chain_or_the_page_says_that_it_does_not() -> None:
    left_out = THREATS.partition("- Not in the chain: ")[2].partition("\n\n")[0]
    named = set(re.findall(r"`(\w+)`", left_out))
    assert named == {one.name for one in METADATA.sorted_tables if one not in {*SEALED, CHAIN}}


def test_the_list_of_licences_is_that_of_the_lock() -> None:
    assert PAGE.read_text("utf-8") == page()
    assert pinned(LOCK)


def test_no_package_is_without_a_licence_or_under_one_that_binds_the_service() -> None:
    """LGPL (the driver of PostgreSQL, which is linked and not changed) and MPL (by the file) are looked at here."""
    told = {name: licence(metadata(name)) for name in pinned()}
    assert [name for name, one in told.items() if not one] == []
    strong = re.compile(r"\b(AGPL|(?<!L)GPL|SSPL|BUSL)")
    assert [name for name, one in told.items() if strong.search(one)] == []
    assert {name for name, one in told.items() if "LGPL" in one} == {"psycopg", "psycopg-binary"}


@pytest.mark.parametrize(("file", "named"), [("Dockerfile", r"^FROM (\S+)"), ("deploy/compose.yaml", r"image: (\S+)")])
def test_images_of_others_are_named_with_a_version_and_pinned_by_digest(file: str, named: str) -> None:
    found = [
        one for one in re.findall(named, (ROOT / file).read_text("utf-8"), re.MULTILINE) if "cds-service" not in one
    ]
    assert found
    assert all(re.fullmatch(r"[a-z]+:[0-9][a-z0-9.-]*@sha256:[0-9a-f]{64}", one) for one in found), found
