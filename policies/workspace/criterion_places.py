"""Where the criteria of a built policy stand in its file."""

from collections.abc import Iterator

from policies.files.problems import Path
from policies.model.criteria import Group, Node, Operator, Request


def criteria(request: Request) -> Iterator[tuple[Path, Node]]:
    """Yield every criterion and group of a request as the file has it, with its place; the gate comes first."""
    for path, node in top(request):
        yield path, node
        yield from _below(path, node)


def top(request: Request) -> Iterator[tuple[Path, Node]]:
    """Yield the gate, and the criteria that stand beside it: a nameless `all` at the top is dissolved into them."""
    return zip(request.places, request.criteria.parts, strict=True)


def _below(path: Path, node: Node) -> Iterator[tuple[Path, Node]]:
    for place, part in parts(path, node):
        yield place, part
        yield from _below(place, part)


def parts(path: Path, node: Node) -> Iterator[tuple[Path, Node]]:
    """Yield the parts of a group with their places; nothing for a test of a fact."""
    if not isinstance(node, Group):
        return
    word = node.operator.value
    for index, part in enumerate(node.parts):
        match node.operator:
            case Operator.NOT:
                yield (*path, word), part
            case Operator.AT_LEAST_OF:
                yield (*path, word, "of", index), part
            case _:
                yield (*path, word, index), part
