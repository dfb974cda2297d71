"""The guide is followed as it stands: each command of it runs, and what it shows is what comes out."""

import re
import shlex
import subprocess
from collections.abc import Iterator
from pathlib import Path
from textwrap import dedent

import pytest
from click.testing import CliRunner

from cds_service.commands.main import main

ROOT = Path(__file__).resolve().parents[2]
GUIDE = ROOT / "docs" / "writing-a-policy.md"
TRIAL = ROOT / "docs" / "omalizumab"
_BLOCK = re.compile(r"^( *)```(\w+)\n(.*?)^ *```", re.MULTILINE | re.DOTALL)
_COMMAND = "$ "
_ANYTHING = "..."
FAILED = "exit code"


def blocks() -> Iterator[tuple[str, str]]:
    """The blocks of the guide, from the top: their language, and what stands in them."""
    for found in _BLOCK.finditer(GUIDE.read_text("utf-8")):
        yield found[2], dedent(found[3])


def run(commands: str) -> str:
    """What commands of the guide print, as at a terminal; those of the service run in this process."""
    return "".join(_one(command) for command in commands.splitlines())


def _one(command: str) -> str:
    if command.startswith("cds-service "):
        done = CliRunner().invoke(main, shlex.split(command)[1:])
        return done.output + (f"{FAILED} {done.exit_code}\n" if done.exit_code else "")
    subprocess.run(["bash", "-ec", command], check=True)
    return ""


def shows(printed: str, expected: str) -> bool:
    """Whether what was printed is what the guide shows, where `...` stands for any lines."""
    parts = [re.escape(line) if line != _ANYTHING else _ANYTHING for line in expected.splitlines()]
    pattern = "\n".join(parts).replace(f"\n{_ANYTHING}", r"(?:\n.*)*").replace(f"{_ANYTHING}\n", r"(?:.*\n)*")
    return re.fullmatch(rf"{pattern}\n?({FAILED} 1\n)?", printed.rstrip("\n") + "\n") is not None


def test_the_guide_leads_to_a_policy_that_passes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "docs").symlink_to(ROOT / "docs")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CDS_TODAY", "2026-12-01")
    ran = 0
    for language, text in blocks():
        if language == "sh":
            printed = run(text)
            assert FAILED not in printed, printed
        elif text.startswith(_COMMAND):
            command, _, expected = text.removeprefix(_COMMAND).partition("\n")
            printed = run(command)
            assert shows(printed, expected), printed
        ran += language == "sh" or text.startswith(_COMMAND)
    assert ran > len(("make", "fetch", "begin", "test", "show", "revise"))


def test_what_the_guide_quotes_stands_in_the_files_of_the_trial() -> None:
    written = "\n".join(file.read_text("utf-8") for file in sorted(TRIAL.rglob("*.yaml")))
    lines = {line.strip() for line in written.splitlines()}
    quoted = [line.strip() for language, text in blocks() if language == "yaml" for line in text.splitlines()]
    assert len(quoted) > len(TRIAL.name)
    assert [line for line in quoted if line not in lines] == []


def test_dots_stand_for_any_lines_and_nothing_else_does() -> None:
    assert shows("a\nb\nc\n", "a\n...\nc")
    assert shows("a\nc\n", "a\n...\nc")
    assert shows("b\na\n", "...\na")
    assert not shows("a\nb\n", "a")
    assert not shows("ab\n", "a")
