"""What README and docs quote can be typed as it stands: commands and options, `make` targets, links and anchors."""

import re
import shlex
from functools import cache
from pathlib import Path

import click
import pytest

from cds_service.commands.main import main

ROOT = Path(__file__).parents[2]
PAGES = sorted({*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), ROOT / "policies" / "examples" / "README.md"})
NAMES = [str(page.relative_to(ROOT)) for page in PAGES]
_FENCED = re.compile(r"^ *(```|~~~).*?^ *\1", re.MULTILINE | re.DOTALL)
_BLOCK_LINE = re.compile(r"^[ >]*(?:\$ )?(?:\.venv/bin/)?(cds-service [a-z].*)$", re.MULTILINE)
_SPAN = re.compile(r"`(?:\.venv/bin/)?(cds-service [a-z][^`\n]*)`")
_MAKE = re.compile(r"^    (?:\$ )?make ([a-z][a-z-]*)|`make ([a-z][a-z-]*)", re.MULTILINE)
_DEFAULT = {"conformance": "check"}  # the sub-command that is meant where none is named
_READINGS = re.compile(r"\b[Rr]eadings? ((?:\d+a?(?:, | and | to )?)+)")
_LINK = re.compile(r"\]\(([^)\s]+)\)")


def command_lines(text: str) -> list[str]:
    """Return what is quoted of our program: lines of blocks, up to the remark beside them, and spans in sentences."""
    blocks = [re.split(r"\s{2,}| #| > ", line)[0] for line in _BLOCK_LINE.findall(text) if "`" not in line]
    return [*blocks, *_SPAN.findall(text)]


def fault(line: str) -> str | None:
    """Return what click does not know in a command line, or None; values are placeholders, unless one of a choice.

    Brackets mark what can be left out, three dots what can be repeated.
    """
    words = shlex.split(re.sub(r"[\[\]]|\.\.\.", "", line))[1:]
    command: click.Command = main
    while isinstance(command, click.Group) and words:
        if command.name in _DEFAULT and words[0] not in command.commands:
            words = [_DEFAULT[command.name], *words]
        if (named := command.get_command(click.Context(command), words[0])) is None:
            return f"no command '{words[0]}'"
        command, words = named, words[1:]
    return _wrong(command, words)


def _wrong(command: click.Command, words: list[str]) -> str | None:
    context = click.Context(command)
    try:
        given, left, _ = command.make_parser(context).parse_args(words)
    except click.UsageError as problem:
        return problem.format_message()
    if left and not isinstance(command, click.Group):
        return f"too many words: {left}"
    kinds = {one.name: one.type for one in command.params}
    chosen = [(kinds[name], value) for name, value in given.items() if isinstance(value, str)]
    for kind, value in chosen:
        if isinstance(kind, click.Choice) and not set(value.split("|")) <= set(kind.choices):
            return f"'{value}' is none of {kind.choices}"
    return None


@cache
def anchors(page: Path) -> frozenset[str]:
    """Return the anchors of a page as GitHub makes them of its headings, and those that it names itself."""
    text, found = _FENCED.sub("", page.read_text(encoding="utf-8")), list[str]()
    for heading in re.findall(r"^#+ (.*?)\s*$", text, re.MULTILINE):
        plain = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading)
        found.append(re.sub(r"[^\w\- ]", "", plain.lower()).replace(" ", "-"))
    again = {f"{one}-{number}" for one in found for number in range(1, found.count(one))}
    return frozenset({*found, *again, *re.findall(r'(?:id|name)="([^"]+)"', text)})


@pytest.mark.parametrize("name", [one for one in NAMES if one != "CHANGELOG.md"])
def test_quoted_commands_and_their_options_are_there(name: str) -> None:
    """The change log is left out: it says what was so at the time."""
    lines = command_lines((ROOT / name).read_text(encoding="utf-8"))
    assert {line: wrong for line in lines if (wrong := fault(line))} == {}


@pytest.mark.parametrize("name", NAMES)
def test_quoted_make_targets_are_there(name: str) -> None:
    targets = set(re.findall(r"^([a-z][a-z-]*):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    quoted = {one for pair in _MAKE.findall((ROOT / name).read_text(encoding="utf-8")) for one in pair if one}
    assert quoted <= targets


@pytest.mark.parametrize("name", NAMES)
def test_links_inside_the_repository_lead_somewhere(name: str) -> None:
    page = ROOT / name
    links = [
        one for one in _LINK.findall(_FENCED.sub("", page.read_text(encoding="utf-8"))) if not re.match(r"\w+:", one)
    ]
    lost = []
    for link in links:
        path, _, anchor = link.partition("#")
        target = page.parent / path if path else page
        if not target.exists() or (anchor and anchor not in anchors(target)):
            lost.append(link)
    assert lost == []


def test_each_reading_that_is_cited_stands_on_its_page() -> None:
    there = set(
        re.findall(r"^\| (\d+a?) \|", (ROOT / "docs" / "readings.md").read_text(encoding="utf-8"), re.MULTILINE)
    )
    rooms = (ROOT / room for room in ("docs", "fhir_mappings", "hooks", "cds_service", "policies"))
    pages = [*PAGES, *(page for room in rooms for ending in ("py", "yaml") for page in room.rglob(f"*.{ending}"))]
    cited = {
        number: str(page.relative_to(ROOT))
        for page in pages
        for list_of_them in _READINGS.findall(page.read_text(encoding="utf-8"))
        for number in re.findall(r"\d+a?", list_of_them)
    }
    assert {number: page for number, page in cited.items() if number not in there} == {}
    assert len(cited) > 15


@pytest.mark.parametrize(
    ("line", "known"),
    [
        ("cds-service policy check --folder my-policies", True),
        ("cds-service evaluate FILE... [--format text|json]", True),
        ("cds-service evaluate FILE [--format text|yaml]", False),
        ("cds-service policy chekc", False),
        ("cds-service serve --wrokers 4", False),
        ("cds-service serve --workers", False),
        ("cds-service db status now", False),
    ],
)
def test_a_slip_in_a_command_line_is_seen(line: str, known: bool) -> None:
    assert (fault(line) is None) is known


def test_commands_are_found_in_blocks_and_in_sentences() -> None:
    text = (
        "    cds-service report feedback   by type\n\n```sh\n$ cds-service db status # now\n```\n`cds-service purge`.\n"
    )
    assert command_lines(text) == ["cds-service report feedback", "cds-service db status", "cds-service purge"]
