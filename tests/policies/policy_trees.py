"""Small facts, criteria and requests for tests, and strategies that draw random ones."""

from collections.abc import Iterable, Mapping
from types import MappingProxyType

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from policies.kinds.registry import KINDS
from policies.model.criteria import Comparison, Fact, Group, Leaf, Node, Operand, Operator, Request, RequestKind, walk
from policies.model.findings import Evidence, Finding, Origin, Range, Role, State, Value
from policies.model.truth import Truth

QUICK = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
MET, NOT_MET, UNKNOWN = Truth.MET, Truth.NOT_MET, Truth.UNKNOWN
OPTIONS = ("red", "green", "grey")
UNDECIDED = "grey"
_KIND_NAMES = {"flag": "drug_given", "choice": "combination_partner", "count": "prior_regimens"}


def fact(name: str, kind: str = "flag", **more: object) -> Fact:
    parts: dict[str, object] = {
        "name": name,
        "what": name,
        "kind": KINDS[_KIND_NAMES.get(kind, kind)],
        "parameters": MappingProxyType({}),
        "ask": f"{name}?",
        "options": OPTIONS if kind == "choice" else (),
        "undecided": frozenset({UNDECIDED}) if kind == "choice" else frozenset(),
        "notes": MappingProxyType({}),
        "silent": Finding.unknown(),
    }
    return Fact(**(parts | more))  # type: ignore[arg-type]


def leaf(name: str, comparison: Comparison = Comparison.IS, operand: Operand = True, node_id: str = "") -> Leaf:
    return Leaf(node_id or f"c-{name}", f"says {name}", "A", name, comparison, operand)


def group(operator: Operator, *parts: Node, name: str = "", needed: int = 0) -> Group:
    return Group(name, f"says {name}", "A", operator, parts, needed)


def both(*parts: Node, name: str = "") -> Group:
    return group(Operator.ALL, *parts, name=name)


def either(*parts: Node, name: str = "") -> Group:
    return group(Operator.ANY, *parts, name=name)


def opposite(part: Node, name: str = "") -> Group:
    return group(Operator.NOT, part, name=name)


def some(needed: int, *parts: Node, name: str = "") -> Group:
    return group(Operator.AT_LEAST_OF, *parts, name=name, needed=needed)


def request(*parts: Node) -> Request:
    return Request(RequestKind.INITIAL, both(*parts))


def leaves(node: Node) -> list[Leaf]:
    return [one for one in walk(node) if isinstance(one, Leaf)]


def flags(root: Node) -> dict[str, Fact]:
    return {one.fact: fact(one.fact) for one in leaves(root)}


def seen(reference: str = "Observation/1", role: Role = Role.FOR) -> Evidence:
    return Evidence(reference, f"what {reference} shows", "2026-01-02", role)


def known(value: Value, *evidence: Evidence) -> Finding:
    return Finding.known(value, evidence, origin=Origin.CHART if evidence else Origin.ANSWER)


def answers(**values: Value) -> dict[str, Finding]:
    return {name: known(value) for name, value in values.items()}


_TESTS: tuple[tuple[str, Comparison, tuple[Operand, ...]], ...] = (
    ("flag", Comparison.IS, (True, False)),
    ("choice", Comparison.IS, ("red", "green")),
    ("choice", Comparison.ONE_OF, (("red", "green"),)),
    ("count", Comparison.AT_LEAST, (1, 2, 3)),
    ("count", Comparison.AT_MOST, (0, 1, 2)),
)


@st.composite
def _leaf_of(draw: st.DrawFn, names: Mapping[str, str]) -> Leaf:
    name = draw(st.sampled_from(sorted(names)))
    kind, comparison, operands = draw(st.sampled_from([test for test in _TESTS if test[0] == names[name]]))
    assert kind == names[name]
    return leaf(name, comparison, draw(st.sampled_from(operands)))


def _grown(parts: st.SearchStrategy[Node]) -> st.SearchStrategy[Node]:
    several = st.lists(parts, min_size=1, max_size=3)
    return st.one_of(
        several.map(lambda some_parts: both(*some_parts)),
        several.map(lambda some_parts: either(*some_parts)),
        parts.map(opposite),
        st.builds(
            lambda some_parts, needed: some(min(needed, len(some_parts)), *some_parts), several, st.integers(1, 3)
        ),
    )


def renamed(root: Node, *, distinct: bool = False) -> Node:
    """Give every node an id of its own, and, if asked, every leaf a fact of its own."""
    counter = iter(range(1_000))

    def walked(node: Node) -> Node:
        number = next(counter)
        if isinstance(node, Leaf):
            name = f"f{number}" if distinct else node.fact
            return Leaf(f"n{number}", node.says, "A", name, node.comparison, node.operand)
        return Group(f"n{number}", node.says, "A", node.operator, tuple(map(walked, node.parts)), node.needed)

    return walked(root)


MIXED = {"flag_a": "flag", "flag_b": "flag", "choice_a": "choice", "count_a": "count", "count_b": "count"}
MIXED_FACTS = {name: fact(name, kind) for name, kind in MIXED.items()}


def mixed_trees() -> st.SearchStrategy[Node]:
    """Draw trees over facts of all three answer types; a fact may be used several times."""
    return st.recursive(_leaf_of(MIXED), _grown, max_leaves=8).map(renamed)


def distinct_trees() -> st.SearchStrategy[Node]:
    """Draw small trees of yes-or-no tests, each on a fact of its own."""
    one = st.booleans().map(lambda wanted: leaf("x", operand=wanted))
    return st.recursive(one, _grown, max_leaves=6).map(lambda root: renamed(root, distinct=True))


def values_of(kind: str) -> st.SearchStrategy[Value]:
    if kind == "flag":
        return st.booleans()
    if kind == "choice":
        return st.sampled_from(("red", "green", UNDECIDED))
    return st.integers(0, 4).map(Range.exactly)


@st.composite
def some_findings(draw: st.DrawFn, names: Iterable[str] = tuple(MIXED)) -> dict[str, Finding]:
    """Draw findings for some of the facts: known, a range, unknown, conflicting, or nothing at all."""
    found: dict[str, Finding] = {}
    for name in names:
        state = draw(st.sampled_from(("known", "range", "unknown", "conflicting", "silent")))
        if state == "known":
            found[name] = known(draw(values_of(MIXED[name])), seen(f"Observation/{name}"))
        elif state == "range" and MIXED[name] == "count":
            found[name] = known(Range(draw(st.integers(0, 3))), seen(f"Observation/{name}"))
        elif state == "unknown":
            found[name] = Finding.unknown("not said")
        elif state == "conflicting":
            found[name] = Finding.conflicting("two sides", (seen("Observation/a"), seen("Observation/b", Role.AGAINST)))
    return found


def is_open(findings: Mapping[str, Finding], name: str) -> bool:
    """Whether filling a fact could still say something new of it."""
    finding = findings.get(name)
    if finding is None or finding.state is not State.KNOWN:
        return True
    value = finding.value
    return value == UNDECIDED or (isinstance(value, Range) and value.at_most != value.at_least)


@st.composite
def filled(draw: st.DrawFn, findings: Mapping[str, Finding]) -> dict[str, Finding]:
    """Draw findings that know more than these: unknown facts get a value, ranges become narrower."""
    more = dict(findings)
    for name, kind in MIXED.items():
        if not is_open(findings, name) or not draw(st.booleans()):
            continue
        value = findings[name].value if name in findings else None
        if isinstance(value, Range):
            low = draw(st.integers(value.at_least, value.at_least + 2))
            more[name] = known(Range(low, draw(st.sampled_from((None, low, low + 1)))))
        else:
            more[name] = known(draw(values_of(kind)))
    return more
