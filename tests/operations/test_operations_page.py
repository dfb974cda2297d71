"""What docs/operations.md tells an operator is so: its commands, its alarms, and the drill of backup and restore."""

import re
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import click
import pytest
import yaml
from click.testing import CliRunner

import cds_service
from cds_service.commands.main import main
from tests.operations.running import signed_with

HOUSE = Path(cds_service.__file__).parent.parent
PAGES = ("docs/operations.md", "README.md")
SAMPLE = next((HOUSE / "cds_service" / "samples").glob("05-*.json"))
FIGURE = re.compile(r"cds_service_[a-z_]+")
_ENDINGS = re.compile(r"_bucket$")


def named(page: str) -> list[list[str]]:
    """The commands of ours that a page names, by their words."""
    text = (HOUSE / page).read_text(encoding="utf-8")
    found = re.findall(r"(?:^    |`)cds-service ((?:[a-z]+ ?)+)", text, re.MULTILINE)
    return [one.split() for one in found]


@pytest.mark.parametrize("page", PAGES)
def test_each_command_of_ours_that_a_page_names_is_there(page: str) -> None:
    for words in named(page):
        command: click.Command = main
        for word in words:
            if isinstance(command, click.Group):
                found = command.get_command(click.Context(command), word)
                assert found is not None, (page, words)
                command = found


def test_the_page_names_commands() -> None:
    assert ["db", "upgrade"] in named("docs/operations.md")


def test_each_alarm_is_on_figures_that_there_are_and_is_explained() -> None:
    rules = yaml.safe_load((HOUSE / "deploy" / "alarms.yaml").read_text(encoding="utf-8"))["groups"][0]["rules"]
    known = set(FIGURE.findall((HOUSE / "docs" / "metrics.md").read_text(encoding="utf-8")))
    page = (HOUSE / "docs" / "operations.md").read_text(encoding="utf-8")
    assert len(rules) == 5
    for one in rules:
        figures = {_ENDINGS.sub("", name) for name in FIGURE.findall(one["expr"])}
        assert figures
        assert figures <= known
        assert f"`{one['alert']}`" in page


def in_folder(folder: Path, *words: str) -> str:
    url = f"sqlite:///{folder}/cds-service.sqlite"
    found = CliRunner().invoke(main, list(words), env={"CDS_DATABASE_URL": url, "CDS_TODAY": "2026-11-25"})
    assert found.exit_code == 0, found.output
    return found.output


def test_a_backup_taken_while_it_runs_is_restored_and_verified(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The drill of the page: an open database is backed up, put in another's place, and looked at; then one is cut."""
    first, second = tmp_path / "first", tmp_path / "second"
    first.mkdir()
    second.mkdir()
    monkeypatch.chdir(first)
    with (
        signed_with(first / "cds-service.sqlite", SAMPLE.read_bytes()) as name,
        closing(sqlite3.connect(first / "cds-service.sqlite")) as source,
        closing(sqlite3.connect(tmp_path / "backup.sqlite")) as target,
    ):
        source.backup(target)
    shutil.copy(tmp_path / "backup.sqlite", second / "cds-service.sqlite")
    monkeypatch.chdir(second)
    in_folder(second, "db", "status")
    assert in_folder(second, "audit", "verify")
    assert name in in_folder(second, "replay", name)
    with closing(sqlite3.connect(second / "cds-service.sqlite")) as cut, cut:
        cut.execute("UPDATE revisions SET report = '{}'")
    url = f"sqlite:///{second}/cds-service.sqlite"
    found = CliRunner().invoke(main, ["audit", "verify"], env={"CDS_DATABASE_URL": url})
    assert found.exit_code != 0
