"""What `make cql` writes down: how much the logic answers (docs/population.md), and the charts where it says less."""

from collections import Counter
from collections.abc import Iterator, Sequence, Set
from itertools import groupby
from pathlib import Path
from types import MappingProxyType
from typing import Any

from policies.model.criteria import Fact
from policies.model.policy import Policy
from tests.cql.charts_to_run import EXAMPLES, Run, on_file

PAGE = Path(__file__).parent.parent.parent / "docs" / "population.md"
LEFT_OPEN = Path(__file__).parent / "left_open.txt"
"""Question by question the charts that the mapping settles and the logic leaves open."""
_BEGIN, _END = "<!-- written by make cql -->", "<!-- end -->"
_WHY = MappingProxyType(
    {
        "current_drug": "its drugs are bound to a route, which the logic does not read",
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
Compared = Sequence[tuple[Run, str, Any, Any]]


def with_summary(page: str, compared: Compared) -> str:
    """Return the page with its table and list as of now."""
    head, _, rest = page.partition(_BEGIN)
    _, _, tail = rest.partition(_END)
    counts = Counter(
        (run.policy.id, name, said is not None) for run, name, said, mapped in compared if mapped is not None
    )
    asked = {(run.policy.id, name) for run, name, _, _ in compared}
    lines = "\n".join((*_table(counts, asked), "", *_without_logic(asked)))
    return f"{head}{_BEGIN}\n{lines}\n{_END}{tail}"


def left_open(compared: Compared) -> str:
    """Return the charts of the policies that ship which the mapping settles and the logic leaves open, by question."""
    return "".join(f"{line}\n" for line in _less(compared))


def _questions() -> Iterator[tuple[Policy, Fact]]:
    for policy in (known.versions(name).policies[-1] for known in (on_file(), on_file(EXAMPLES)) for name in known.ids):
        yield from ((policy, fact) for fact in policy.facts.values() if fact.ask)


def _table(counts: Counter[tuple[str, str, bool]], asked: Set[tuple[str, str]]) -> Iterator[str]:
    yield from ("| policy | answers of the logic / of the mapping |", "|---|---|")
    for policy, questions in groupby(_questions(), key=lambda one: one[0].id):
        keys = [(policy, fact.name) for _, fact in questions if (policy, fact.name) in asked]
        shares = (f"`{key[1]}` {counts[(*key, True)]}/{counts[(*key, True)] + counts[(*key, False)]}" for key in keys)
        yield f"| {policy} | {', '.join(shares)} |"


def _without_logic(asked: Set[tuple[str, str]]) -> Iterator[str]:
    names: dict[str, list[str]] = {}
    for policy, fact in _questions():
        if (policy.id, fact.name) not in asked and f"`{fact.name}`" not in names.setdefault(_why(fact), []):
            names[_why(fact)].append(f"`{fact.name}`")
    yield from (f"- {why}: {', '.join(found)}" for why, found in names.items())


def _why(fact: Fact) -> str:
    """Return why a question has no logic; raises KeyError for a kind of which nobody says why."""
    return _WHY[fact.kind.name]


def _less(compared: Compared) -> Iterator[str]:
    less: dict[str, dict[str, int]] = {}
    for run, name, said, mapped in compared:
        if run.home is None and said is None and mapped is not None:
            titles = less.setdefault(name, {})
            title = run.id.partition(" ")[2] if run.id[0].isdigit() and " cases/" in run.id else run.id
            titles[title] = titles.get(title, 0) + 1
    for name in sorted(less):
        yield name
        yield from (f"  {title}{f' ({number})' if number > 1 else ''}" for title, number in sorted(less[name].items()))
