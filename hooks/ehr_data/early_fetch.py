"""What an early hook fetched can fill the gaps of the signing that follows, for a short time and once.

Kept apart by everything that could make it another's: the caller's registration, the FHIR server, the patient, the
user, and what the access token grants. What a call itself brings is never looked for, so that it always counts. What is
kept is used by one call and is gone: who signs again after a correction in the chart gets it as it is by then.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from math import inf
from typing import Any, Protocol

import msgspec

from hooks.ehr_data.fetch_port import Budget, Fetched, Gap, Source, Step
from hooks.protocol.client import Caller
from hooks.request.call import Call

WARM = "had from an earlier hook"
_ELSEWHERE = ("http://", "https://")
Bodies = Mapping[str, tuple[bytes, ...]]


@dataclass(frozen=True, slots=True)
class Whose:
    """Whose data it is, and who may see it; `grant` is a hash of what the access token allows, and of the user."""

    caller: Caller
    server: str
    patient: str
    grant: str


@dataclass(frozen=True, slots=True)
class Held:
    """What is held: bodies by their query, and how many seconds ago they were fetched."""

    bodies: Bodies = field(default_factory=dict)
    age: float = 0.0


class Warmth(Protocol):
    """The keeper of what was fetched."""

    def take(self, whose: Whose) -> Held:
        """Return what is held, and hold it no longer."""

    def keep(self, whose: Whose, bodies: Bodies, seconds: float) -> None:
        """Hold bodies by their query, in place of what was held, for so many seconds at most."""


class Cold:
    """Keeps nothing: every gap is asked of the server."""

    def take(self, whose: Whose) -> Held:  # noqa: ARG002 - as in Warmth
        """Return nothing."""
        return Held()

    def keep(self, whose: Whose, bodies: Bodies, seconds: float) -> None:
        """Keep nothing."""


COLD = Cold()


class _Grant(msgspec.Struct, frozen=True):
    subject: Any = None
    scope: Any = None
    patient: Any = None
    expires_in: Any = None


def whose(call: Call, caller: Caller) -> Whose:
    """Return whose data is fetched for a call.

    The token of a registered client stands for its subject, scope, patient and user: a client gets a new token for each
    call. In open mode what a call says of its token proves nothing, so that only the very token will do. Without a
    token nothing is granted, whatever is said of it.
    """
    grant = _grant(call)
    stated = (grant.subject, grant.scope)
    vouched = (
        bool(call.token) and caller.fhir_servers is not None and all(isinstance(one, str) and one for one in stated)
    )
    known = ["stated", *stated, grant.patient] if vouched else ["token", call.token]
    hashed = sha256(msgspec.json.encode([*known, call.user])).hexdigest()
    return Whose(caller, call.fhir_server.rstrip("/"), call.patient, hashed)


def _grant(call: Call) -> _Grant:
    return msgspec.json.decode(call.authorization, type=_Grant) if call.authorization else _Grant()


def lasting(call: Call) -> float:
    """Return for how many seconds something may be held: as long as the token lasts by which it was fetched."""
    stated = _grant(call).expires_in
    return stated if isinstance(stated, int) and not isinstance(stated, bool) else inf


@dataclass(frozen=True, slots=True)
class WarmBudget:
    """The time of one call, with what an earlier one left (`uses`), or leaving something for a later one (`leaves`)."""

    inner: Budget
    warmth: Warmth
    call: Call
    caller: Caller
    uses: bool = False
    leaves: bool = False

    @contextmanager
    def source(self, server: str, token: str) -> Iterator[Source]:
        """Open the server of a call when something is asked that is not held."""
        with ExitStack() as opened:
            source = _WarmSource(self, server, token, opened)
            yield source
        if source.left:
            self.warmth.keep(whose(self.call, self.caller), source.left, lasting(self.call))


@dataclass(slots=True)
class _WarmSource:
    """The FHIR server of one call behind what is held of it."""

    budget: WarmBudget
    server: str
    token: str
    opened: ExitStack
    left: dict[str, tuple[bytes, ...]] = field(default_factory=dict)
    _held: Held | None = None
    _inner: list[Source] = field(default_factory=list)

    def get(self, gaps: Sequence[Gap]) -> Fetched:
        """Return what is held, and ask for the rest."""
        held = self._holding()
        warm = [gap for gap in gaps if gap.query in held.bodies]
        cold = [gap for gap in gaps if gap.query not in held.bodies]
        fetched = self._source().get(cold) if cold else Fetched()
        if self.budget.leaves:
            self._leave(cold, fetched)
        return (
            Fetched(
                tuple((gap.name, body) for gap in warm for body in held.bodies[gap.query]),
                steps=tuple(Step(gap.name, WARM, len(held.bodies[gap.query]), 0.0, round(held.age, 1)) for gap in warm),
            )
            + fetched
        )

    def _holding(self) -> Held:
        if self._held is None:
            budget = self.budget
            self._held = budget.warmth.take(whose(budget.call, budget.caller)) if budget.uses else Held()
        return self._held

    def _source(self) -> Source:
        """Return the server itself, opened when it is first needed."""
        if not self._inner:
            self._inner.append(self.opened.enter_context(self.budget.inner.source(self.server, self.token)))
        return self._inner[0]

    def _leave(self, gaps: Sequence[Gap], fetched: Fetched) -> None:
        """Leave what was had in full; a further page, or what shares its name with another, cannot be distinguished."""
        names = [gap.name for gap in gaps]
        for gap in gaps:
            if gap.name in fetched.had and names.count(gap.name) == 1 and not gap.query.startswith(_ELSEWHERE):
                self.left[gap.query] = tuple(body for name, body in fetched.bodies if name == gap.name)
