"""A store that keeps nothing: what a decision costs without it."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date

from hooks.register import DeterminationKey, Record
from policies.determination import Authorization


class Forgetting:
    """Gives the same id for every question and keeps nothing."""

    @contextmanager
    def session(self, hook: str, hook_instance: str, today: date, body: bytes) -> Iterator["Forgetting"]:
        yield self

    def live_authorization(self, key: DeterminationKey, on: date) -> Authorization | None:
        return None

    def authorize(self, key: DeterminationKey, start: date, end: date) -> Authorization:
        return Authorization("BENCH", start, end)

    def determine(self, key: DeterminationKey, record: Record) -> str:
        return "bench"

    def finish(self, reply: bytes) -> None:
        return None
