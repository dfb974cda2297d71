"""`policy revise`: a new version of a policy, equal to the newest but for its date, and its cases under the new date.

Two things are done to the case files. The cases that test the newest version are carried over into files of their own,
with their orders on the first day of the new version. And orders of older cases that the new version would now judge
are moved back to its eve, so that they go on testing what they tested.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path as FilePath

import yaml

from policies.files.yaml_source import Source
from policies.revision.case_groups import Group, groups
from policies.revision.case_text import STAY, Move, Moves, moved
from policies.revision.order_days import Landing
from policies.testcases.casebook import Case
from policies.workspace.workspace import Desk


class RevisionError(ValueError):
    """The policy cannot be revised; the text says why, and what to do."""


@dataclass(frozen=True, slots=True)
class Revision:
    """What is to be written, by file: new files, and old case files whose late orders are moved to the eve."""

    new: Mapping[FilePath, str]
    changed: Mapping[FilePath, str]


def revise(desk: Desk, policy_id: str, start: date) -> Revision:
    """Return the new version of a policy that holds from a day on; nothing is written yet.

    Raises UnknownVersionError for a policy that is not on file, and RevisionError for a day that is not after the
    newest version, or a file that is there already.
    """
    newest = desk.newest(policy_id)
    if start <= newest.version:
        newer = f"{newest.version}, the newest version of '{policy_id}'"
        raise RevisionError(f"{start} is not after {newer}. Choose a later day.")
    folder = desk.folder / "data" / policy_id
    text = (folder / f"{newest.version}.yaml").read_text(encoding="utf-8")
    new = {folder / f"{start}.yaml": _dated(text, start)}
    changed, months = dict[FilePath, str](), newest.figures.authorization_months
    for source, file, cases in _case_files(desk, policy_id):
        written = file.read_text(encoding="utf-8")
        testing = frozenset(index for index, case in enumerate(cases) if case.order.judged_on >= newest.version)
        if testing:
            carried = moved(written, _moves(source, cases, testing, Landing(start, months)))
            new[file.with_name(f"{file.name.split('.')[0]}.{start}.yaml")] = carried
        late = frozenset(index for index, case in enumerate(cases) if case.order.judged_on >= start)
        eve = Landing(start - timedelta(days=1), months, back=True, floor=newest.version)
        changed |= {file: moved(written, _kept(source, cases, late, eve))} if late else {}
    _refuse_what_is_there(new)
    return Revision(new, changed)


def write(revision: Revision) -> None:
    """Write the files of a revision."""
    for file, text in (*revision.new.items(), *revision.changed.items()):
        file.write_text(text, encoding="utf-8")


def _refuse_what_is_there(new: Mapping[FilePath, str]) -> None:
    there = [str(file) for file in new if file.exists()]
    if there:
        raise RevisionError(f"Nothing is written: {', '.join(there)} is there already. Move it away, or delete it.")


def _dated(text: str, start: date) -> str:
    """Return a policy file under another date, in its first revision; all else stands as it was."""
    root = yaml.compose(text, Loader=yaml.CSafeLoader)
    values = {"version": start.isoformat(), "revision": "1"}
    nodes = [(key.value, node) for key, node in root.value if key.value in values] if root is not None else []
    for name, node in sorted(nodes, key=lambda one: -one[1].start_mark.index):
        text = text[: node.start_mark.index] + values[name] + text[node.end_mark.index :]
    return text


def _case_files(desk: Desk, policy_id: str) -> Iterator[tuple[Source, FilePath, tuple[Case, ...]]]:
    """Yield the case files of a policy, each with one case for each entry of the file."""
    cases = desk.cases_of(policy_id)
    for source in desk.case_files:
        own = (case for case in cases if case.place.partition(":")[0] == source.name)
        entries = tuple({case.place: case for case in own}.values())
        if entries:
            yield source, desk.folder / source.name, entries


def _moves(source: Source, cases: tuple[Case, ...], which: Group, landing: Landing) -> Moves:
    """Return how some cases of a file are moved: those that share parts together, each group as far as it needs."""
    moves: dict[int, Move] = {}
    for group in groups(source):
        found = sorted(group & which)
        if found:
            move = Move(landing.distance([cases[index] for index in found]))
            moves |= dict.fromkeys(found, move)
    return moves


def _kept(source: Source, cases: tuple[Case, ...], late: Group, eve: Landing) -> Moves:
    """Return how the cases of an old file are moved: those that the new version would judge, with their groups."""
    with_late = frozenset(index for group in groups(source) if group & late for index in group)
    return {**dict.fromkeys(range(len(cases)), STAY), **_moves(source, cases, with_late, eve)}
