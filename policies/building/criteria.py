"""Criteria of a policy file: the tree of groups and tests, with the checks that need the facts."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from policies.building.draft import Draft
from policies.files.problems import Path
from policies.model.criteria import Comparison, Fact, Group, Leaf, Node, Operand, Operator, Request, RequestKind
from policies.model.fact_kinds import Answer

_GROUP_WORDS = tuple(operator.value for operator in Operator)
_TEST_WORDS = tuple(comparison.value for comparison in Comparison)
_MEASURES = frozenset(Comparison) - {Comparison.IS, Comparison.ONE_OF}


Placed = tuple[Path, Node]
"""A criterion with its place in the file."""


def requests(draft: Draft, builder: "CriteriaBuilder") -> dict[RequestKind, Request]:
    """Build the criteria of both kinds of request, each behind the gate; faults are noted in the draft."""
    gate = builder.placed(draft.content["gate"], ("gate",))
    shared = frozenset(builder.ids)
    built: dict[RequestKind, Request] = {}
    for kind in RequestKind:
        builder.ids = set(shared)
        if kind.value not in draft.content:
            draft.fault((), f"'{kind.value}' is missing here", "write what must be true")
            continue
        rest = builder.placed(draft.content[kind.value], (kind.value,))
        if gate and rest:
            built[kind] = request_of(kind, (*gate, *rest))
    return built


def request_of(kind: RequestKind, placed: Sequence[Placed]) -> Request:
    """Join criteria that must all be met."""
    criteria = Group("", "", "", Operator.ALL, tuple(node for _, node in placed))
    return Request(kind, criteria, tuple(path for path, _ in placed))


def check_used(draft: Draft, builder: "CriteriaBuilder") -> None:
    """Note the facts and the shared criteria that nothing uses."""
    for name in draft.content["facts"].keys() - builder.used:
        draft.fault(("facts", name), f"No criterion uses '{name}'", "use it or delete it")
    for name in draft.content.get("shared", {}).keys() - builder.put_in:
        draft.fault(("shared", name), f"No criterion puts '{name}' in", "write 'use' where it belongs, or delete it")


class CriteriaBuilder:
    """Builds nodes; a node with a fault is left out, so that all faults of a file are found at once.

    `ids` are those of one request so far, `used` the facts that any criterion names, faulty or not, and `put_in` the
    shared criteria that stand anywhere. One of those is built once a request, whose `ids` it bears.
    """

    def __init__(self, draft: Draft, facts: Mapping[str, Fact]) -> None:
        self._draft = draft
        self._facts = facts
        self.ids: set[str] = set()
        self.used: set[str] = set()
        self.put_in: set[str] = set()
        self.shared: dict[str, Node | None] = {}

    def placed(self, entry: dict[str, Any], path: Path, section: str = "") -> tuple[Placed, ...]:
        """Build what stands at a path; a nameless `all` there is dissolved into its parts."""
        word = Operator.ALL.value
        if word in entry and entry.keys() <= {word, "section"}:
            below = ((part, (*path, word, index)) for index, part in enumerate(entry[word]))
            built = [(place, self.node(part, place, entry.get("section", section))) for part, place in below]
        else:
            built = [(path, self.node(entry, path, section))]
        return tuple((place, node) for place, node in built if node is not None)

    def node(self, entry: dict[str, Any], path: Path, section: str) -> Node | None:
        """Build a criterion; None for one with a fault, which is noted."""
        if entry.keys() == {"use"}:
            return self._shared(entry["use"], path)
        self._note_names(entry, path)
        words = [word for word in (*_GROUP_WORDS, "fact") if word in entry]
        if len(words) != 1:
            self._draft.fault(
                path,
                f"A criterion says one thing; this one says: {', '.join(words) or 'nothing'}",
                f"keep one of: {', '.join((*_GROUP_WORDS, 'fact'))}",
            )
            return None
        here = entry.get("section", section)
        return self._leaf(entry, path, here) if words == ["fact"] else self._group(entry, path, here, words[0])

    def _shared(self, name: str, path: Path) -> Node | None:
        self.put_in.add(name)
        entry = self._draft.content.get("shared", {}).get(name)
        if entry is None:
            self._draft.fault((*path, "use"), f"There is no shared criterion '{name}'", "write it under 'shared'")
            return None
        if name not in self.shared:
            self.shared[name] = self.node(entry, ("shared", name), "")
        return self.shared[name]

    def _note_names(self, entry: dict[str, Any], path: Path) -> None:
        name = entry.get("id")
        if name in self.ids:
            self._draft.fault((*path, "id"), f"Two criteria are called '{name}'", "give each an id of its own")
        elif name is not None:
            self.ids.add(name)
        if "fact" in entry:
            self.used.add(entry["fact"])

    def _group(self, entry: dict[str, Any], path: Path, section: str, word: str) -> Node | None:
        if "id" in entry and "says" not in entry:
            self._draft.fault(path, f"'{entry['id']}' says nothing", "add 'says': one plain sentence")
        if "id" in entry and not section:
            self._draft.fault(path, f"'{entry['id']}' stands at no place of the document", "add 'section'")
        for test in (test for test in _TEST_WORDS if test in entry):
            self._draft.fault((*path, test), f"'{test}' tests a fact, but this is a group", "delete it, or name a fact")
        parts = tuple(self._parts(entry[word], (*path, word), section))
        needed = entry[word]["needed"] if word == Operator.AT_LEAST_OF.value else 0
        if needed and needed > len(entry[word]["of"]):
            cause = f"At least {needed} of {len(entry[word]['of'])} can never be met"
            self._draft.fault((*path, word), cause, "lower 'needed'")
        return (
            Group(entry.get("id", ""), entry.get("says", ""), section, Operator(word), parts, needed) if parts else None
        )

    def _parts(self, entry: Any, path: Path, section: str) -> list[Node]:
        if isinstance(entry, list):
            built = [self.node(part, (*path, index), section) for index, part in enumerate(entry)]
        elif "of" in entry:
            built = [self.node(part, (*path, "of", index), section) for index, part in enumerate(entry["of"])]
        else:
            built = [self.node(entry, path, section)]
        return [node for node in built if node is not None]

    def _leaf(self, entry: dict[str, Any], path: Path, section: str) -> Leaf | None:
        self._check_leaf(entry, path, section)
        fact = self._facts.get(entry["fact"])
        words = [word for word in _TEST_WORDS if word in entry]
        if fact is None or len(words) != 1 or "id" not in entry or "says" not in entry:
            return None
        comparison, operand = Comparison(words[0]), _operand(entry[words[0]])
        self._check_test(fact, comparison, operand, (*path, words[0]))
        return Leaf(entry["id"], entry["says"], section, fact.name, comparison, operand)

    def _check_leaf(self, entry: dict[str, Any], path: Path, section: str) -> None:
        needs = (("id", "name it"), ("says", "add one plain sentence"), ("section", "name the place"))
        for word, mend in needs:
            if word not in entry and not (word == "section" and section):
                self._draft.fault(path, f"A criterion that tests a fact needs '{word}'", mend)
        if entry["fact"] not in self._draft.content["facts"]:
            self._draft.fault((*path, "fact"), f"There is no fact '{entry['fact']}'", "declare it under 'facts'")
        words = [word for word in _TEST_WORDS if word in entry]
        if len(words) != 1:
            cause = f"A test has one comparison; this one has: {', '.join(words) or 'none'}"
            self._draft.fault(path, cause, f"one of: {', '.join(_TEST_WORDS)}")

    def _check_test(self, fact: Fact, comparison: Comparison, operand: Operand, path: Path) -> None:
        if fact.answer.is_number != (comparison in _MEASURES):
            self._draft.fault(
                path,
                f"'{comparison.value}' does not fit '{fact.name}'",
                f"its answer is a {fact.answer.value}",
            )
        elif fact.answer.is_number:
            self._check_figures(fact, operand, path)
        elif fact.answer is Answer.YES_NO and not isinstance(operand, bool):
            self._draft.fault(path, f"'{fact.name}' is answered by yes or no", "write true or false")
        elif fact.answer is Answer.CHOICE:
            for word in operand if isinstance(operand, tuple) else (operand,):
                if word not in fact.options:
                    self._draft.fault(
                        path, f"'{word}' is none of the options of '{fact.name}'", f"one of: {', '.join(fact.options)}"
                    )

    def _check_figures(self, fact: Fact, operand: Operand, path: Path) -> None:
        """Note a figure of a count that is none, and limits the wrong way round."""
        figures = [Decimal(one) for one in (operand if isinstance(operand, tuple) else (operand,))]
        if fact.answer is Answer.NUMBER and any(one < 0 or one != int(one) for one in figures):
            self._draft.fault(path, f"'{fact.name}' is a whole number", "write one that is not below nought")
        if figures != sorted(figures):
            self._draft.fault(path, "No number lies between these two", "write the smaller one first")


def _operand(value: Any) -> Operand:
    if isinstance(value, list):
        return tuple(value)
    operand: Operand = value
    return operand
