"""The payer's figures: bounds that no number fits, rows of a definition that never speak, dates that cannot be."""

from collections.abc import Iterator
from datetime import date
from itertools import pairwise

from policies.checks.remarks import Remark, doubt, fault
from policies.files.problems import UNFINISHED, Path
from policies.files.yaml_source import Source
from policies.model.fact_kinds import Parameter
from policies.model.figures import Bounds, Definition, DefinitionRow
from policies.model.policy import Policy


def check(policy: Policy, source: Source) -> Iterator[Remark]:
    """Yield what is wrong with the definitions, the dates and the texts of a policy."""
    named = {
        str(fact.parameters[parameter])
        for fact in policy.facts.values()
        for parameter, sort in fact.kind.parameters.items()
        if sort is Parameter.DEFINITION
    }
    for name, definition in policy.figures.definitions.items():
        if name not in named:
            yield fault(source, ("definitions", name), f"No fact uses the definition '{name}'", "use it or delete it")
        yield from _rows(source, definition)
    yield from _dates(policy, source)
    yield from _unfinished(source, source.content, ())


def _rows(source: Source, definition: Definition) -> Iterator[Remark]:
    for index, row in enumerate(definition.rows):
        path: Path = ("definitions", definition.name, "rows", index)
        crossed = [name for name, bounds in row.measures if _is_empty(bounds)]
        for name in crossed:
            cause = "'at_least' is not below 'below', so that no number fits"
            yield fault(source, (*path, name), cause, "let 'at_least' be the smaller one")
        silent = _silent(row)
        if silent:
            yield fault(source, path, f"This row never speaks: {silent[0]}", silent[1])
        above = next((at for at, one in enumerate(definition.rows[:index]) if not crossed and _covers(one, row)), None)
        if above is not None:
            cause = f"This row never speaks: row {above} above takes everything that would fit it"
            yield fault(source, path, cause, "delete it, move it up, or change the bounds (rows are counted from 0)")


def _is_empty(bounds: Bounds) -> bool:
    return bounds.at_least is not None and bounds.below is not None and bounds.at_least >= bounds.below


def _silent(row: DefinitionRow) -> tuple[str, str] | None:
    """Return why a row can never fit, and how to mend it; None if it can."""
    if not row.score and not row.measures:
        return "it has no score and no bounds", "add 'score', 'ratio' or 'copies'"
    if row.measures and not row.probe:
        return "it has bounds, but no probe", "add 'probe': dual where a ratio was measured, else single"
    if row.probe == "single" and any(name == "ratio" for name, _ in row.measures):
        return "a single probe measures no ratio", "write 'probe: dual', or delete 'ratio'"
    return None


def _covers(above: DefinitionRow, row: DefinitionRow) -> bool:
    """Whether a row takes every result that would fit a later one; only what is certain is reported."""
    if row.score and not row.measures:
        return above.score == row.score
    if row.score or above.probe != row.probe or not above.measures:
        return False
    bounds = dict(row.measures)
    return all(name in bounds and _holds(wide, bounds[name]) for name, wide in above.measures)


def _holds(wide: Bounds, narrow: Bounds) -> bool:
    low = wide.at_least is None or (narrow.at_least is not None and narrow.at_least >= wide.at_least)
    high = wide.below is None or (narrow.below is not None and narrow.below <= wide.below)
    return low and high


def _dates(policy: Policy, source: Source) -> Iterator[Remark]:
    document = policy.figures.document
    written: list[tuple[Path, str]] = [(("document", "adopted"), document.adopted)]
    written += [(("document", "approved", index), day) for index, day in enumerate(document.approved)]
    impossible = [(path, text) for path, text in written if not is_day(text)]
    for path, text in impossible:
        yield fault(source, path, f"'{text}' is no day of the calendar", "write YYYY-MM-DD")
    if impossible:
        return
    for (_, first), (path, second) in pairwise(written):
        if second < first:
            cause = f"{second} lies before {first}, which stands above it"
            yield fault(source, path, cause, "write the adoption first, then the approvals from the oldest on")
    if policy.version.isoformat() < document.adopted:
        cause = f"This version holds from {policy.version}, before the document was adopted ({document.adopted})"
        yield doubt(source, ("version",), cause, "correct one of the two dates")


def is_day(text: str) -> bool:
    """Whether a text is a day of the calendar, written YYYY-MM-DD."""
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def _unfinished(source: Source, content: object, path: Path) -> Iterator[Remark]:
    if isinstance(content, dict):
        for key, inner in content.items():
            yield from _unfinished(source, inner, (*path, key))
    elif isinstance(content, list):
        for index, inner in enumerate(content):
            yield from _unfinished(source, inner, (*path, index))
    elif isinstance(content, str) and UNFINISHED in content:
        yield doubt(source, path, "This is still to be written", f"write it, and take out '{UNFINISHED}'")
