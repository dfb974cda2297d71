"""Many patients, cheaply: the sample calls, with every id and member number made the patient's own in the text."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from random import Random
from typing import Any

from cds_service.commands import demo
from tests.service.calls import in_version, replaced, without

Json = dict[str, Any]
NUMBER = "@number@"
_IDS = frozenset(
    {
        "id",
        "patientId",
        "encounterId",
        "reference",
        "fullUrl",
        "selections",
        "dispatchedOrders",
        "order",
        "subscriberId",
    }
)
_VERSIONS = ("2.0", "2.2")
Change = Callable[[Json], Json]


@dataclass(frozen=True)
class Pattern:
    """What is sent for many patients: the service, and the text of the call, with a mark for the patient's number."""

    name: str
    service: str
    text: str

    def of(self, number: int) -> bytes:
        """Return the call for one patient."""
        return self.text.replace(NUMBER, f"{number:04}").encode()


@dataclass(frozen=True)
class Sent:
    """One call of the crowd; `number` is the patient's, and in every id of the call."""

    number: int
    pattern: Pattern
    body: bytes


def crowd(size: int, seed: int) -> list[Sent]:
    """Return so many calls of distinct patients, of every pattern, in shuffled order."""
    patterns = list(_patterns())
    chosen = [patterns[number % len(patterns)] for number in range(size)]
    calls = [Sent(number, one, one.of(number)) for number, one in enumerate(chosen)]
    Random(seed).shuffle(calls)
    return calls


def _patterns() -> Iterator[Pattern]:
    """Yield every sample in both versions, and what is wrong or another payer's."""
    for version in _VERSIONS:
        for sample in demo.samples():
            call = in_version(json.loads(sample.body), version)
            yield _pattern(f"{sample.file} {version}", call)
            if sample.file.startswith(("01", "07")):
                yield from (_pattern(f"{sample.file} {version} {name}", change(call)) for name, change in _CHANGES)


_CHANGES: tuple[tuple[str, Change], ...] = (
    ("foreign coverage", lambda call: json.loads(json.dumps(call).replace('"MMM"', '"OTHER"'))),
    ("no coverage", lambda call: without(call, "prefetch", "coverage")),
    ("no orders", lambda call: replaced(call, [], "context", "draftOrders", "entry")),
    ("no patient", lambda call: without(call, "context", "patientId")),
    ("another hook", lambda call: call | {"hook": "patient-view"}),
    ("half of a chart", lambda call: without(call, "prefetch", "conditions")),
)


def _pattern(name: str, call: Json) -> Pattern:
    hook = call["hook"] if call["hook"] != "patient-view" else "order-sign"
    return Pattern(name, f"{hook}-crd", json.dumps(_marked(call)))


def _marked(value: Any, key: str = "") -> Any:
    """Return a call in which every id, every reference to one, and every member number bears the mark."""
    if isinstance(value, dict):
        inner = "id" if _is_member_number(value) else ""
        return {name: _marked(one, inner if name == "value" else name) for name, one in value.items()}
    if isinstance(value, list):
        return [_marked(one, key) for one in value]
    if isinstance(value, str) and key in _IDS and not value.startswith("urn:"):
        return f"{value}-crowd{NUMBER}"
    return value


def _is_member_number(value: Json) -> bool:
    """Whether it is an identifier by which the payer knows a member, whose authorizations hold in every hospital."""
    kind = value.get("type")
    return isinstance(kind, dict) and any(one.get("code") == "MB" for one in kind.get("coding", ()))
