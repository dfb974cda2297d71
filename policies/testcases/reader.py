"""Reading the policy cases: `policies/cases/*.yaml`, checked by a schema and against the policy that they test.

Like a bad policy, a bad case raises PolicyError with the file, the line, the cause and the mend of every fault.
"""

from collections.abc import Iterator, Mapping
from datetime import date
from importlib.resources import files
from pathlib import Path as FilePath
from types import MappingProxyType
from typing import Any

from policies.building.draft import Draft
from policies.catalogue import Catalogue
from policies.files import schema_check
from policies.files.problems import Path, PolicyError, Problem
from policies.files.yaml_source import Source, read
from policies.model.findings import Finding
from policies.testcases.case_checks import Known, answer, check_expected
from policies.testcases.case_dates import dated
from policies.testcases.case_schema import RANKS, grammar
from policies.testcases.casebook import Case, DraftOrder, Entry
from policies.testcases.expectation import expected_of

Content = Mapping[str, Any]

EQUIVALENTS = "equivalents.yaml"
"""The file beside the cases that lists the changes which change nothing (`policies.mutations.equivalents`)."""

EACH = "each"
"""Stands in a case for each thing of the list under `each`; the case is run once with each of them."""
_UNKNOWN = "unknown"
"""Stands for a line of business that nobody knows."""
_PLAIN: Content = MappingProxyType({"case": "a case", "order": {"drug": "a drug"}, "expect": {}})
"""A case without a fault, in the place of those that are not looked at."""


def files_in(folder: FilePath) -> tuple[FilePath, ...]:
    """Return the case files of a folder."""
    return tuple(file for file in sorted(folder.glob("*.yaml")) if file.name != EQUIVALENTS)


def load(catalogue: Catalogue, folder: FilePath | None = None) -> tuple[Case, ...]:
    """Read every case file of a folder, by default this package's; raises PolicyError with every fault."""
    home = folder or FilePath(str(files("policies").joinpath("cases")))
    cases: list[Case] = []
    problems: list[Problem] = []
    for file in files_in(home):
        try:
            cases += build(read(file, f"cases/{file.name}"), catalogue)
        except PolicyError as error:
            problems += error.problems
    if problems:
        raise PolicyError(problems)
    return tuple(cases)


def build(source: Source, catalogue: Catalogue) -> tuple[Case, ...]:
    """Build the cases of one file; raises PolicyError with every fault."""
    schema_check.report(_faults(source))
    draft = Draft(source, catalogue.terminology)
    content = draft.content
    if content["policy"] not in catalogue.ids:
        known = ", ".join(catalogue.ids)
        raise PolicyError([source.problem(("policy",), f"'{content['policy']}' is no policy", f"use one of: {known}")])
    builder = _Builder(draft, Known.of(catalogue.versions(content["policy"])))
    cases = tuple(case for index, entry in enumerate(content["cases"]) for case in builder.cases(index, entry))
    if draft.problems:
        once = dict.fromkeys(draft.problems)  # what stands in a table is read once for each of its things
        raise PolicyError(sorted(once, key=lambda problem: (problem.line, problem.column)))
    return cases


def _faults(source: Source) -> Iterator[Problem]:
    """Yield what the schema finds; a case with a list is looked at with each thing of it, where 'each' does not fit."""
    if _is_sound(source):  # else each fault is looked for in the whole file, which takes long
        return
    unfit: dict[int, None] = {}
    for path, problem in schema_check.faults(source, grammar(), source.content):
        match path:
            case ("cases", int(index), str(word), *_) if word != EACH and _things(source, index):
                unfit[index] = None
            case _:
                yield problem
    for index in unfit:
        for form in _forms(source, index):
            content = {**_content(source), "cases": [*([dict(_PLAIN)] * index), form]}
            yield from (problem for _, problem in schema_check.faults(source, grammar(), content))


def _is_sound(source: Source) -> bool:
    """Whether a file holds no fault, with a case for each thing that one lists."""
    content = _content(source)
    cases = content.get("cases")
    if not isinstance(cases, list) or not cases:
        return False
    return grammar().fits({**content, "cases": [form for index in range(len(cases)) for form in _forms(source, index)]})


def _forms(source: Source, index: int) -> list[Any]:
    """Return a case with each thing of its list in the place of 'each', the list itself kept; else as it stands."""
    entry, things = _case_at(source, index), _things(source, index)
    if not things:
        return [_content(source)["cases"][index]]
    form = {word: value for word, value in entry.items() if word != EACH}
    return [{EACH: entry[EACH], **_filled(form, thing)} for thing in things]


def _content(source: Source) -> dict[str, Any]:
    return source.content if isinstance(source.content, dict) else {}


def _case_at(source: Source, index: int) -> dict[str, Any]:
    found = _content(source)["cases"][index]
    return found if isinstance(found, dict) else {}


def _things(source: Source, index: int) -> list[str]:
    listed = _case_at(source, index).get(EACH)
    return [thing for thing in listed if isinstance(thing, str)] if isinstance(listed, list) else []


class _Builder:
    """Builds the cases of one file and notes their faults in its draft."""

    def __init__(self, draft: Draft, known: Known) -> None:
        self._draft = draft
        self._known = known
        self._seen: set[str] = set()

    def cases(self, index: int, entry: Content) -> tuple[Case, ...]:
        """Build a case; or, if it has a list under `each`, one case for each thing of it."""
        path: Path = ("cases", index)
        self._check_sentence(path, entry["case"])
        things = entry.get(EACH)
        if things is None:
            return (self._case(path, entry),)
        form = {word: value for word, value in entry.items() if word != EACH}
        if _filled(form, "") == form:
            mend = "write 'each' where each of them is to stand, say {condition: each}"
            self._draft.fault((*path, EACH), "The case does not use what it lists", mend)
        return tuple(self._case(path, _filled(form, thing), thing) for thing in things)

    def _case(self, path: Path, entry: Content, thing: str = "") -> Case:
        order = self._order((*path, "order"), entry["order"])
        entry = self._dated(path, entry, order)
        expected = entry["expect"]
        check_expected(self._draft, self._known, (*path, "expect"), expected)
        return Case(
            sentence=f"{entry['case']} ({thing})" if thing else entry["case"],
            policy=self._draft.content["policy"],
            order=order,
            chart=(
                *self._parts(path, entry, order),
                *self._entries((*path, "chart"), entry.get("chart", ())),
            ),
            answered=MappingProxyType(self._answers((*path, "answered"), entry.get("answered", {}))),
            expect=expected_of(expected),
            place=self._place(path),
            each=thing,
        )

    def _check_sentence(self, path: Path, sentence: str) -> None:
        if sentence in self._seen:
            self._draft.fault((*path, "case"), "Another case says the same", "say what is special about this one")
        self._seen.add(sentence)

    def _place(self, path: Path) -> str:
        problem = self._draft.source.problem(path, "", "")
        return f"{problem.file}:{problem.line}"

    def _order(self, path: Path, entry: Content) -> DraftOrder:
        written = entry.get("on", "")
        signed = self._date((*path, "signed" if "signed" in entry else "on"), entry.get("signed", written))
        coded, refused = entry.get("coded as", ""), entry.get("do not perform", False)
        beside, dose = tuple(entry.get("beside", ())), (entry.get("dose", ""), entry.get("every", 0))
        period = [self._date((*path, "authorized"), one) for one in entry.get("authorized", ())]
        held = (period[0], period[1]) if period else None
        line = entry.get("line of business", self._known.line)
        line = "" if line == _UNKNOWN else line
        return DraftOrder(entry["drug"], written, signed, beside, coded, refused, *dose, held, line)

    def _dated(self, path: Path, part: Any, order: DraftOrder) -> Any:
        """Return a part of a case with its dates on the calendar, as far as they are counted from the order."""
        if order.counts_from == date.min:
            return part  # the order has no day, which is noted as its fault
        try:
            return dated(part, order.counts_from)
        except OverflowError:
            self._draft.fault(path, "A date lies outside of the calendar", "count fewer days, months or years")
            return part

    def _date(self, path: Path, text: str) -> date:
        try:
            return date.fromisoformat(text)
        except ValueError:
            cause = f"'{text}' is no day" if text else "The order has no day"
            self._draft.fault(path, cause, "give 'on' (or 'signed') as YYYY-MM-DD")
            return date.min

    def _parts(self, path: Path, entry: Content, order: DraftOrder) -> tuple[Entry, ...]:
        parts = self._draft.content.get("parts", {})
        found: tuple[Entry, ...] = ()
        for index, name in enumerate(entry.get("patient", ())):
            if name in parts:
                found += self._entries(("parts", name), self._dated(path, parts[name], order))
            else:
                mend = f"use one of: {', '.join(parts)}" if parts else "describe it under 'parts'"
                self._draft.fault((*path, "patient", index), f"There is no part '{name}'", mend)
        return found

    def _entries(self, path: Path, lines: Any) -> tuple[Entry, ...]:
        return tuple(self._entry((*path, index), line) for index, line in enumerate(lines))

    def _entry(self, path: Path, line: Content) -> Entry:
        verb = min((word for word in line if word in RANKS), key=RANKS.__getitem__)
        about = tuple(_text(one) for one in _list(line[verb]))
        words = MappingProxyType({word: _text(value) for word, value in line.items() if word != verb})
        return Entry(verb, about, words, self._place(path))

    def _answers(self, path: Path, given: Content) -> dict[str, Finding]:
        found = ((name, answer(self._draft, self._known, (*path, name), value)) for name, value in given.items())
        return {name: finding for name, finding in found if finding is not None}


def _filled(value: Any, thing: str) -> Any:
    """Return a part of a case with a thing in the place of `each`."""
    if isinstance(value, dict):
        return {word: _filled(inner, thing) for word, inner in value.items()}
    if isinstance(value, list):
        return [_filled(inner, thing) for inner in value]
    return thing if value == EACH else value


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value)
