"""The list of commands: quick, since it imports none of them, and true to each of them."""

import subprocess
import sys

import click
import pytest
from click.testing import CliRunner

from cds_service.commands.main import COMMANDS, main

HEAVY = ("sqlalchemy", "flask", "fhir", "msgspec", "yaml", "duckdb", "granian", "cds_service.app", "policies", "hooks")
LISTED = """
import sys
from cds_service.commands.main import main
main(["--help"], standalone_mode=False)
print("\\n".join(sys.modules))
"""


def test_the_list_of_commands_imports_none_of_them() -> None:
    said = subprocess.run(
        [sys.executable, "-c", LISTED], capture_output=True, text=True, check=True
    ).stdout.splitlines()
    assert "  serve        Run the service." in said
    assert [one for one in said if one in HEAVY] == []


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_each_command_is_there_and_is_called_as_it_is_listed(name: str) -> None:
    found = main.get_command(click.Context(main), name)
    assert found is not None
    assert found.name == name
    assert CliRunner().invoke(main, [name, "--help"]).exit_code == 0


def test_an_unknown_command_is_told() -> None:
    found = CliRunner().invoke(main, ["nothing"])
    assert (found.exit_code, "No such command 'nothing'" in found.output) == (2, True)
