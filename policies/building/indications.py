"""Policies for several diseases: what each of them asks, and the one criterion that chooses among them."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import chain
from types import MappingProxyType
from typing import Any

from policies.building.criteria import CriteriaBuilder, Placed, request_of
from policies.building.dosing import dosing
from policies.building.draft import Draft
from policies.building.figures import line_rules
from policies.files.problems import Path
from policies.kinds.indications import INDICATION
from policies.model.criteria import Comparison, Fact, Group, Leaf, Node, Operator, Request, RequestKind
from policies.model.policy import Indication, Indications
from policies.terminology.drugs import Drugs

_HERE = "indications"


def indications(draft: Draft, facts: dict[str, Fact], builder: CriteriaBuilder, drugs: Drugs | None) -> Indications:
    """Build the indications of a file that has several; faults are noted in the draft."""
    _check_words(draft)
    chosen = _choice(draft, facts)
    content = draft.content
    ids: dict[RequestKind, set[str]] = {kind: set() for kind in RequestKind}
    head = {kind: _head(draft, chosen, builder, kind, ids[kind]) for kind in RequestKind}
    covered = _covered(draft, builder, drugs, ids, head)
    first = next(iter(covered.values()))
    undecided = Indication("", "", first.disease, {kind: request_of(kind, head[kind]) for kind in RequestKind})
    named = content.get("not_covered", {})
    for word, entry in named.items():
        draft.check_codes(("not_covered", word, "disease"), entry["disease"])
    return Indications(
        fact=chosen,
        covered=MappingProxyType(covered),
        undecided=undecided,
        uncovered=MappingProxyType({entry["title"]: entry["disease"] for entry in named.values()}),
        others=content.get("covered", {}).get("otherwise", ""),
    )


def _covered(
    draft: Draft,
    builder: CriteriaBuilder,
    drugs: Drugs | None,
    ids: Mapping[RequestKind, set[str]],
    head: Mapping[RequestKind, Sequence[tuple[Path, Node]]],
) -> dict[str, Indication]:
    """Build what is covered, by its option: what every request must meet, and the criteria of its own."""
    shared: dict[RequestKind, dict[str, Any]] = {kind: {} for kind in RequestKind}
    covered: dict[str, Indication] = {}
    for word, entry in draft.content[_HERE].items():
        requests: dict[RequestKind, Request] = {}
        for kind in RequestKind:
            builder.ids, builder.shared = ids[kind], shared[kind]
            own = _own(builder, entry, kind, (_HERE, word, kind.value))
            requests[kind] = request_of(kind, (*head[kind], *own))
        covered[entry["title"]] = _indication(draft, word, requests, drugs)
    return covered


def _own(builder: CriteriaBuilder, entry: Mapping[str, Any], kind: RequestKind, path: Path) -> tuple[Placed, ...]:
    """Return the criteria of one indication; none where what every indication asks for is all."""
    return builder.placed(entry[kind.value], path, entry["section"]) if kind.value in entry else ()


def whole_requests(several: Indications) -> dict[RequestKind, Request]:
    """Join the criteria of all indications, as the document has them: one of them, with all that it asks."""
    return {kind: _whole(several, kind) for kind in RequestKind}


def _whole(several: Indications, kind: RequestKind) -> Request:
    head = several.undecided.requests[kind]
    number, branches = len(head.criteria.parts), []
    for title, one in several.covered.items():
        own = one.requests[kind].criteria.parts[number:]
        chosen = Leaf(f"{one.word}.chosen", title, "", several.fact, Comparison.IS, title)
        branches.append(Group("", "", "", Operator.ALL, (chosen, *own)))
    any_of = Group("", "", "", Operator.ANY, tuple(branches))
    places = zip(head.places, head.criteria.parts, strict=True)
    return request_of(kind, (*places, ((_HERE,), any_of)))


def _indication(draft: Draft, word: str, requests: dict[RequestKind, Request], drugs: Drugs | None) -> Indication:
    entry, here = draft.content[_HERE][word], (_HERE, word)
    draft.check_codes((*here, "disease"), entry["disease"])
    return Indication(
        word=word,
        title=entry["title"],
        disease=entry["disease"],
        requests=MappingProxyType(requests),
        months=entry.get("authorization_months"),
        dosing=dosing(draft, entry.get("dosing"), (*here, "dosing")),
        lines=line_rules(draft, entry.get("lines"), drugs, (*here, "lines")),
    )


def _head(draft: Draft, chosen: str, builder: CriteriaBuilder, kind: RequestKind, ids: set[str]) -> list[Placed]:
    """Return what stands before every indication: the gate, the choice, and the criteria of the whole document."""
    builder.ids, builder.shared = ids, {}
    content = draft.content
    found = list(builder.placed(content["gate"], ("gate",)))
    if "covered" in content and chosen:
        found.append((("covered",), _chosen(content, chosen)))
        ids.add(content["covered"]["id"])
        builder.used.add(chosen)
    if kind.value in content:
        found += builder.placed(content[kind.value], (kind.value,))
    return found


def _chosen(content: dict[str, Any], fact: str) -> Leaf:
    said = content["covered"]
    titles = tuple(one["title"] for one in content[_HERE].values())
    return Leaf(said["id"], said["says"], said["section"], fact, Comparison.ONE_OF, titles)


def _choice(draft: Draft, facts: dict[str, Fact]) -> str:
    """Return the fact that chooses; there must be just one."""
    found = [fact.name for fact in facts.values() if fact.kind is INDICATION]
    if len(found) != 1:
        cause = f"{len(found) or 'No'} fact says for which indication the drug is ordered"
        draft.fault((_HERE,), cause, f"declare one of kind '{INDICATION.name}'")
    return found[0] if found else ""


def _check_words(draft: Draft) -> None:
    content = draft.content
    if "disease" in content:
        draft.fault(("disease",), "Each indication names its own disease", "delete the line")
    if "covered" not in content:
        draft.fault((), "'covered' is missing here", "add the criterion that the disease is one of the indications")
    for title in _twice(
        one["title"] for one in chain(content[_HERE].values(), content.get("not_covered", {}).values())
    ):
        draft.fault((_HERE,), f"Two indications are called '{title}'", "give each a title of its own")


def _twice(titles: Iterator[str]) -> Iterator[str]:
    seen: set[str] = set()
    for title in titles:
        if title in seen:
            yield title
        seen.add(title)


def check_alone(draft: Draft, facts: dict[str, Fact]) -> None:
    """Note what only a file with several indications can have, in one that has none."""
    for word in ("covered", "not_covered"):
        if word in draft.content:
            draft.fault((word,), f"'{word}' goes with 'indications'", "delete it, or write the indications")
    for fact in facts.values():
        if fact.kind is INDICATION:
            cause = f"'{fact.name}' chooses among indications, and there are none"
            draft.fault(("facts", fact.name), cause, "write 'indications', or delete the fact")
    if "disease" not in draft.content:
        draft.fault((), "'disease' is missing here", "add what is missing")
