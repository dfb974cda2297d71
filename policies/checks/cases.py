"""The case files, and files that nobody reads."""

import calendar
import re
from collections.abc import Iterator, Mapping
from pathlib import Path as FilePath
from types import MappingProxyType
from typing import Any

from policies.building.policy import SUPERSEDED
from policies.checks.remarks import Remark, doubt
from policies.files.problems import Problem
from policies.testcases.case_dates import DATED
from policies.testcases.casebook import Entry
from policies.workspace.workspace import Desk

_DATE = re.compile(r"([0-9]{4})(?:-([0-9]{2})(?:-([0-9]{2}))?)?")
_READ: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {"data": ("*/*.yaml", f"*/{SUPERSEDED}/*.yaml"), "value_sets": ("*.yaml",), "cases": ("*.yaml",)}
)
"""Which files of a policies folder are read."""


def check(desk: Desk) -> Iterator[Remark]:
    """Yield dates that cannot be, parts that no case uses, policies without cases, and files that are not read."""
    for case in desk.cases:
        for entry in case.chart:
            yield from _dates(entry)
    yield from _unused_parts(desk)
    yield from _without_cases(desk)
    yield from _unread(desk.folder)


def _dates(entry: Entry) -> Iterator[Remark]:
    for word in DATED:
        written = entry.word(word)
        if written and not _can_be(written):
            yield _at(entry, f"'{written}' is no day of the calendar", f"correct the date under '{word}'")
    start, end = entry.word("from"), entry.word("to")
    if start and end and start[: len(end)] > end[: len(start)]:
        yield _at(entry, f"It ends on {end}, before it begins on {start}", "exchange the two dates, or correct one")


def _can_be(text: str) -> bool:
    """Whether a date, which may be a year or a month only, is in the calendar."""
    match = _DATE.fullmatch(text)
    if match is None:
        return False
    year, month, day = int(match[1]), int(match[2] or 1), int(match[3] or 1)
    return year > 0 and 1 <= month <= 12 and 1 <= day <= calendar.monthrange(year, month)[1]


def _at(entry: Entry, cause: str, mend: str) -> Remark:
    file, _, line = entry.place.rpartition(":")
    return Remark(Problem(file, int(line), 1, (entry.verb,), cause, mend), stops=True)


def _unused_parts(desk: Desk) -> Iterator[Remark]:
    for source in desk.case_files:
        content: Any = source.content
        used = {name for case in content["cases"] for name in case.get("patient", ())}
        for name in content.get("parts", {}):
            if name not in used:
                yield doubt(source, ("parts", name), f"No case uses the part '{name}'", "use it or delete it")


def _without_cases(desk: Desk) -> Iterator[Remark]:
    for policy_id in desk.catalogue.ids:
        newest = desk.newest(policy_id)
        tested = [case for case in desk.cases_of(policy_id) if case.order.judged_on >= newest.version]
        if not tested:
            cause = f"No case tests the version of {newest.version} of '{policy_id}'"
            mend = f"write cases whose orders are of {newest.version} or later, in a file under cases/"
            yield doubt(desk.source(newest), ("version",), cause, mend)


def _unread(folder: FilePath) -> Iterator[Remark]:
    for part, patterns in _READ.items():
        for file in sorted((folder / part).rglob("*")):
            steps = file.relative_to(folder / part)
            read = any(steps.match(one) and len(steps.parts) == len(one.split("/")) for one in patterns)
            if file.is_file() and not read and not file.name.startswith("."):
                name = f"{part}/{steps.as_posix()}"
                cause, mend = "This file is not read", f"name it like {part}/{patterns[0]}, or delete it"
                yield Remark(Problem(name, 1, 1, (), cause, mend), stops=False)
