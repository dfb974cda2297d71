"""The part of docs/population.md that is written by `make cql`: what the logic answers, and where it says less."""

from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import MappingProxyType
from typing import Any

from policies.model.criteria import Fact
from tests.cql.charts_to_run import EXAMPLES, Run, on_file

PAGE = Path(__file__).parent.parent.parent / "docs" / "population.md"
_BEGIN, _END = "<!-- written by make cql -->", "<!-- end -->"
_WHY = MappingProxyType(
    {
        "document": "a person attaches or attests it",
        "stated_by_person": "only a person can say it",
        "indication": "the order's own reason may choose another disease, and the logic does not see the order",
        "event_count": "a chart shows the least that it can be",
        "highest_measurement": "a chart shows the least that it can be",
        "lowest_measurement": "a chart shows the most that it can be",
        "prior_regimens": "a chart shows the least that it can be",
        "prior_lines": "a chart shows the least that it can be",
        "treatment_duration": "doses of another place may have come first",
        "drug_trial": "the dose of a day is worked out of its dosage",
    }
)
"""Why no logic answers a question of a kind; the last one where the policy names a dose."""
Compared = Iterable[tuple[Run, str, Any, Any]]


def with_summary(page: str, compared: Compared) -> str:
    """Return the page with its table and list as of now."""
    known = list(compared)
    head, _, rest = page.partition(_BEGIN)
    _, _, tail = rest.partition(_END)
    lines = "\n".join((*_table(known), "", *_less(known)))
    return f"{head}{_BEGIN}\n{lines}\n{_END}{tail}"


def _table(compared: list[tuple[Run, str, Any, Any]]) -> Iterator[str]:
    counts = Counter(
        (run.policy.id, name, said is not None, mapped is not None) for run, name, said, mapped in compared
    )
    yield "| policy | question | both answer | the mapping alone | neither |"
    yield "|---|---|---|---|---|"
    for policy in (known.versions(name).policies[-1] for known in (on_file(), on_file(EXAMPLES)) for name in known.ids):
        for fact in policy.facts.values():
            one = policy.id, fact.name
            if not fact.ask:
                continue
            if any(key[:2] == one for key in counts):
                both, alone, open_ = (counts[(*one, *key)] for key in ((True, True), (False, True), (False, False)))
                yield f"| {policy.id} | `{fact.name}` | {both} | {alone} | {open_} |"
            else:
                yield f"| {policy.id} | `{fact.name}` | no logic: {_why(fact)} | | |"


def _why(fact: Fact) -> str:
    """Return why a question has no logic; raises KeyError for a kind of which nobody says why."""
    return _WHY[fact.kind.name]


def _less(compared: list[tuple[Run, str, Any, Any]]) -> Iterator[str]:
    less: dict[str, dict[str, int]] = {}
    for run, name, said, mapped in compared:
        if run.home is None and said is None and mapped is not None:
            titles = less.setdefault(name, {})
            title = run.id.partition(" ")[2] if run.id[0].isdigit() and " cases/" in run.id else run.id
            titles[title] = titles.get(title, 0) + 1
    for name in sorted(less):
        yield f"- `{name}`"
        yield from (
            f"  - {title}{f' ({number})' if number > 1 else ''}" for title, number in sorted(less[name].items())
        )
