"""Changes of criteria: figures moved, options and parts dropped, all and any exchanged."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from types import MappingProxyType

from policies.files.problems import Path, place
from policies.model.criteria import Comparison, Group, Leaf, Node, Operand, Operator, Request, RequestKind
from policies.model.policy import Indication, Indications, Policy
from policies.mutations.mutation import Change, moved, moved_a_digit
from policies.terminology.registry import Terminology
from policies.workspace.criterion_places import parts, top

_EXCHANGED: Mapping[Operator, Operator] = MappingProxyType({Operator.ALL: Operator.ANY, Operator.ANY: Operator.ALL})


@dataclass(frozen=True, slots=True)
class _Edit:
    """What is done at a place, and the nodes that stand there then; none if a criterion is dropped."""

    what: str
    path: Path
    nodes: tuple[Node, ...]


def criteria_changes(policy: Policy, terminology: Terminology) -> Iterator[Change]:
    """Yield every change of the criteria of both kinds of request, each request for itself."""
    for kind in RequestKind:
        request = policy.requests[kind]
        if policy.indications is not None:
            yield from _of_several(policy, policy.indications, kind, terminology)
            continue
        placed = list(top(request))
        for edit in (*_inside(placed), *_of_the_list(kind, placed)):
            changed = _with(request, edit.nodes)
            requests = MappingProxyType({**policy.requests, kind: changed})
            name, dropped = f"{kind.value}: {edit.what}", _dropped(request, changed)
            yield Change(name, edit.path, replace(policy, requests=requests), terminology, dropped=dropped)


def _of_several(policy: Policy, several: Indications, kind: RequestKind, terminology: Terminology) -> Iterator[Change]:
    """Yield the changes of what stands before every indication, in all of them, and of each indication's own."""
    head = several.undecided.requests[kind]
    before = len(head.criteria.parts)
    for edit in _inside(top(head)):
        covered = {title: _changed(one, kind, edit.nodes, before) for title, one in several.covered.items()}
        changed = replace(several, covered=covered, undecided=_changed(several.undecided, kind, edit.nodes, before))
        dropped = _dropped(head, changed.undecided.requests[kind])
        name = f"{kind.value}: {edit.what}"
        yield Change(name, edit.path, replace(policy, indications=changed), terminology, dropped=dropped)
    for title, one in several.covered.items():
        request = one.requests[kind]
        own = list(top(request))[before:]
        whole = [(("indications",), head.criteria), *own]
        for edit in (*_inside(own), *_of_the_list(kind, whole)) if own else ():
            nodes = edit.nodes[1:] if edit.nodes[0] is head.criteria else edit.nodes
            parts_ = (*request.criteria.parts[:before], *nodes)
            other = replace(one, requests=MappingProxyType({**one.requests, kind: _with(request, parts_)}))
            changed = replace(several, covered={**several.covered, title: other})
            name, dropped = f"{one.word}: {kind.value}: {edit.what}", _dropped(request, other.requests[kind])
            yield Change(name, edit.path, replace(policy, indications=changed), terminology, dropped=dropped)


def _changed(one: Indication, kind: RequestKind, nodes: tuple[Node, ...], before: int) -> Indication:
    request = one.requests[kind]
    parts_ = (*nodes, *request.criteria.parts[before:])
    return replace(one, requests=MappingProxyType({**one.requests, kind: _with(request, parts_)}))


def _with(request: Request, nodes: tuple[Node, ...]) -> Request:
    return replace(request, criteria=replace(request.criteria, parts=nodes))


def _dropped(request: Request, changed: Request) -> frozenset[str]:
    known = {node.id for node in changed.nodes()}
    return frozenset(node.id for node in request.nodes() if node.id not in known)


def _of_the_list(kind: RequestKind, placed: list[tuple[Path, Node]]) -> Iterator[_Edit]:
    """Yield the exchange of the `all` at the top of the file; the gate stays before it."""
    (_, gate), *rest = placed
    if len(rest) > 1:
        either = Group("", "", "", Operator.ANY, tuple(node for _, node in rest))
        yield _Edit("all becomes any", (kind.value,), (gate, either))


def _inside(placed: Iterable[tuple[Path, Node]]) -> Iterator[_Edit]:
    """Yield the changes of some neighbors, each with all of them as they are then."""
    known = list(placed)
    nodes = tuple(node for _, node in known)
    for index, (path, node) in enumerate(known):
        for edit in (*_own(path, node), *_deeper(path, node)):
            changed = (*nodes[:index], *edit.nodes, *nodes[index + 1 :])
            if changed:
                yield replace(edit, nodes=changed)


def _deeper(path: Path, node: Node) -> Iterator[_Edit]:
    if isinstance(node, Group):
        for edit in _inside(parts(path, node)):
            needed = min(node.needed, len(edit.nodes))
            yield replace(edit, nodes=(replace(node, parts=edit.nodes, needed=needed),))


def _own(path: Path, node: Node) -> Iterator[_Edit]:
    called = node.id or place(path)
    yield _Edit(f"{called} dropped", path, ())
    if isinstance(node, Leaf):
        yield from _of_test(called, path, node)
        return
    if node.operator in _EXCHANGED and len(node.parts) > 1:
        other = _EXCHANGED[node.operator]
        yield _Edit(f"{called} {node.operator.value} becomes {other.value}", path, (replace(node, operator=other),))
    if node.operator is Operator.NOT:
        yield _Edit(f"{called} without not", path, node.parts)
    if node.operator is Operator.AT_LEAST_OF:
        for sign, needed in moved(node.needed, least=1):
            if needed <= len(node.parts):
                yield _Edit(f"{called} needed {sign}", path, (replace(node, needed=needed),))


def _of_test(called: str, path: Path, leaf: Leaf) -> Iterator[_Edit]:
    word = leaf.comparison.value
    for sign, operand in _changed_operands(leaf):
        yield _Edit(f"{called} {word} {sign}", (*path, word), (replace(leaf, operand=operand),))


def _changed_operands(leaf: Leaf) -> Iterator[tuple[str, Operand]]:
    """Yield what a test asks for with one option less, or a figure moved, with how that is written."""
    operand = leaf.operand
    if leaf.comparison is Comparison.BETWEEN and isinstance(operand, tuple):
        low, high = (Decimal(one) for one in operand)
        yield from ((f"from {sign}", (figure, high)) for sign, figure in moved_a_digit(low))
        yield from ((f"to {sign}", (low, figure)) for sign, figure in moved_a_digit(high))
    elif isinstance(operand, tuple):
        for option in operand:
            yield f"without {option}", tuple(str(one) for one in operand if one != option)
    elif isinstance(operand, Decimal):
        yield from moved_a_digit(operand)
    elif isinstance(operand, int) and not isinstance(operand, bool):
        yield from moved(operand, least=0 if operand >= 0 else operand - 1)
