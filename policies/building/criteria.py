"""Criteria of a policy file: the tree of groups and tests, with the checks that need the facts."""

from collections.abc import Mapping
from typing import Any

from policies.building.draft import Draft
from policies.kinds import Answer
from policies.model import Comparison, Fact, Group, Leaf, Node, Operand, Operator, Request, RequestKind, walk
from policies.problems import Path

_GROUP_WORDS = tuple(operator.value for operator in Operator)
_TEST_WORDS = tuple(comparison.value for comparison in Comparison)
_MEASURES = (Comparison.AT_LEAST, Comparison.AT_MOST)


def requests(draft: Draft, facts: Mapping[str, Fact]) -> dict[RequestKind, Request]:
    """Build the criteria of both kinds of request, each behind the gate; faults are noted in the draft."""
    builder = _Builder(draft, facts)
    gate = builder.node(draft.content["gate"], ("gate",), "")
    built: dict[RequestKind, Request] = {}
    for kind in RequestKind:
        root = builder.node(draft.content[kind.value], (kind.value,), "")
        if gate is not None and root is not None:
            built[kind] = Request(kind, Group("", "", "", Operator.ALL, (gate, *_inlined(root))))
            _check_ids(draft, kind, built[kind])
    _check_use(draft, facts, built)
    return built


def _inlined(root: Node) -> tuple[Node, ...]:
    """Return the parts of a nameless `all` at the top, so that the gate stands beside them."""
    nameless = isinstance(root, Group) and root.operator is Operator.ALL and not root.id
    return root.parts if isinstance(root, Group) and nameless else (root,)


def _check_ids(draft: Draft, kind: RequestKind, request: Request) -> None:
    seen: set[str] = set()
    for node in request.nodes():
        if node.id in seen:
            draft.fault((kind.value,), f"Two criteria are called '{node.id}'", "give each an id of its own")
        seen.add(node.id)


def _check_use(draft: Draft, facts: Mapping[str, Fact], built: Mapping[RequestKind, Request]) -> None:
    used = {node.fact for request in built.values() for node in walk(request.criteria) if isinstance(node, Leaf)}
    for name in facts.keys() - used:
        draft.fault(("facts", name), f"No criterion uses '{name}'", "use it or delete it")


class _Builder:
    """Builds nodes; a node with a fault is left out, so that all faults of a file are found at once."""

    def __init__(self, draft: Draft, facts: Mapping[str, Fact]) -> None:
        self._draft = draft
        self._facts = facts

    def node(self, entry: dict[str, Any], path: Path, section: str) -> Node | None:
        words = [word for word in (*_GROUP_WORDS, "fact") if word in entry]
        if len(words) != 1:
            self._draft.fault(
                path,
                f"A criterion says one thing; this one says: {words or 'nothing'}",
                "keep one of all/any/not/...",
            )
            return None
        here = entry.get("section", section)
        return self._leaf(entry, path, here) if words == ["fact"] else self._group(entry, path, here, words[0])

    def _group(self, entry: dict[str, Any], path: Path, section: str, word: str) -> Node | None:
        if "id" in entry and "says" not in entry:
            self._draft.fault(path, f"'{entry['id']}' says nothing", "add 'says': one plain sentence")
        parts = tuple(self._parts(entry[word], (*path, word), section))
        needed = entry[word]["needed"] if word == Operator.AT_LEAST_OF.value else 0
        if needed > len(parts):
            self._draft.fault((*path, word), f"At least {needed} of {len(parts)} can never be met", "lower 'needed'")
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
        for word, mend in (
            ("id", "name it"),
            ("says", "add one plain sentence"),
            ("section", "name the place"),
        ):
            if word not in entry and not (word == "section" and section):
                self._draft.fault(path, f"A criterion that tests a fact needs '{word}'", mend)
                return None
        fact = self._facts.get(entry["fact"])
        words = [word for word in _TEST_WORDS if word in entry]
        if fact is None:
            self._draft.fault((*path, "fact"), f"There is no fact '{entry['fact']}'", "declare it under 'facts'")
            return None
        if len(words) != 1:
            self._draft.fault(
                path, f"A test has one comparison; this one has {words or 'none'}", f"one of {_TEST_WORDS}"
            )
            return None
        comparison, operand = Comparison(words[0]), _operand(entry[words[0]])
        self._check_test(fact, comparison, operand, (*path, words[0]))
        return Leaf(entry["id"], entry["says"], section, fact.name, comparison, operand)

    def _check_test(self, fact: Fact, comparison: Comparison, operand: Operand, path: Path) -> None:
        if (fact.answer is Answer.NUMBER) != (comparison in _MEASURES):
            self._draft.fault(
                path,
                f"'{comparison.value}' does not fit '{fact.name}'",
                f"its answer is a {fact.answer.value}",
            )
        elif fact.answer is Answer.YES_NO and not isinstance(operand, bool):
            self._draft.fault(path, f"'{fact.name}' is answered by yes or no", "write true or false")
        elif fact.answer is Answer.CHOICE:
            for word in operand if isinstance(operand, tuple) else (operand,):
                if word not in fact.options:
                    self._draft.fault(
                        path, f"'{word}' is none of the options of '{fact.name}'", f"one of {fact.options}"
                    )


def _operand(value: Any) -> Operand:
    if isinstance(value, list):
        return tuple(value)
    operand: Operand = value
    return operand
