"""How far a run is: shown on the terminal, or nowhere."""

from collections.abc import Callable
from dataclasses import dataclass, field
from time import monotonic


@dataclass(slots=True)
class Progress:
    """Counts the steps of a stage and the members judged, and writes a line about it, at most one a second."""

    write: Callable[[str], None]
    _stage: str = ""
    _steps: int = 0
    _done: int = 0
    _members: int = 0
    _begun: float = field(default_factory=monotonic)
    _written: float = 0.0

    def begin(self, stage: str, steps: int, done: int = 0) -> None:
        """Begin a stage of so many steps, of which some were done by an earlier run."""
        self._stage, self._steps, self._done, self._members = stage, steps, done, 0
        self._begun, self._written = monotonic(), 0.0
        self._report()

    def step(self, members: int = 0) -> None:
        """Count a step, and the members that were judged in it."""
        self._done += 1
        self._members += members
        if self._done == self._steps or monotonic() - self._written >= 1:
            self._report()

    def _report(self) -> None:
        self._written = monotonic()
        seconds = max(self._written - self._begun, 0.001)
        speed = f", {self._members} members, {self._members / seconds:.0f} a second" if self._members else ""
        self.write(f"{self._stage}: {self._done} of {self._steps}{speed}")
