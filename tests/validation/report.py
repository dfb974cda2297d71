"""What HL7's validator says of all that a run of the tests has sent, each kind of fault once."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.validation.features import features
from tests.validation.sent import Sent
from tests.validation.validator import Fault, faults


@dataclass(frozen=True, slots=True)
class Report:
    """How many resources were looked at, and the faults of ours, one of each kind."""

    number: int
    faults: tuple[Fault, ...]

    @classmethod
    def on(cls, sent: tuple[Sent, ...]) -> "Report":
        """Look at what was sent; raises NotBroughtError, or CalledProcessError where the validator fails."""
        kinds = {(fault.sent.edition, *fault.issue.kind): fault for fault in reversed(faults(sent))}
        return cls(len(sent), tuple(kinds.values()))

    def lines(self) -> Iterator[str]:
        """Write it for people."""
        yield from map(str, self.faults)
        yield f"HL7's validator: {self.number} resources of all that the tests sent, {len(self.faults)} kinds of error"


def kept(folder: Path) -> tuple[Sent, ...]:
    """Return what the processes of a run have kept, and of what several have kept one."""
    known: set[str] = set()
    found: list[Sent] = []
    for file in sorted(folder.glob("*.jsonl")):
        for line in file.read_text(encoding="utf-8").splitlines():
            one = _read(line)
            new = {f"{one.edition} {name}" for name in features(one.resource)} - known
            known |= new
            found += [one] if new else []
    return tuple(found)


def _read(line: str) -> Sent:
    content = json.loads(line)
    return Sent(**content | {name: tuple(content[name]) for name in ("profiles", "received")})
