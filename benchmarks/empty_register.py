"""A store that keeps nothing: what a decision costs without it."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date

from hooks.records.register_port import DeterminationKey, MemberKey, NewAuthorization, OnFile, Record
from hooks.records.sent_cards import SentCard
from policies.model.dates import CallDay
from policies.model.determination import Authorization
from policies.model.own_record import OwnRecord


class Forgetting:
    """Gives the same id for every question and keeps nothing."""

    @contextmanager
    def session(
        self, hook: str, hook_instance: str, today: date, body: bytes, tenant: str, *, waits: bool = True
    ) -> Iterator["Forgetting"]:
        yield self

    def hold(self, keys: Iterable[DeterminationKey]) -> None:
        return None

    def hold_members(self, members: Iterable[tuple[MemberKey, str]]) -> None:
        return None

    def own_record(self, of: MemberKey, policy: str, on: CallDay, indication: str) -> OwnRecord | None:
        return None

    def live_authorization(self, of: MemberKey, policy: str, on: date, indication: str) -> Authorization | None:
        return None

    def authorize(self, key: DeterminationKey, given: NewAuthorization) -> Authorization:
        return Authorization("BENCH", given.start, given.end, given.allowance)

    def last_shown(self, key: DeterminationKey, topic: str) -> date | None:
        return None

    def show(self, key: DeterminationKey, topic: str) -> None:
        return None

    def answered(self, key: DeterminationKey) -> tuple[str, bytes] | None:
        return None

    def form_link(self, determination: str) -> str:
        return "bench"

    def on_file(self, whose: DeterminationKey, of: MemberKey, on: CallDay, since: date) -> OnFile:
        return OnFile({}, ())

    def determine(self, key: DeterminationKey, record: Record) -> str:
        return "bench"

    def send(self, tenant: str, cards: Sequence[SentCard]) -> None:
        return None

    def finish(self, reply: bytes) -> None:
        return None
