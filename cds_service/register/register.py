"""The register in a database: everything of a call in one transaction, committed before the reply is sent."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from uuid import uuid4

from sqlalchemy import Connection, Engine

from cds_service.chain import entries as chain
from cds_service.clients.token_uses import Use
from cds_service.database.transactions import StoreError, has_one_writer, reading, writing
from cds_service.encryption import payloads
from cds_service.encryption.tenant_keys import is_encrypting
from cds_service.register.call_session import SqlSession
from cds_service.register.expiry import Sweep
from cds_service.register.work import Work
from cds_service.storage import statements
from cds_service.storage.used_tokens import is_first
from hooks.records.register_port import RegisterError
from policies.model.dates import CallDay

LINK_MINUTES = 480
"""How long a link to a form lasts unless it is set: a working day."""


class TakenError(RegisterError):
    """Somebody else was first: what was to be kept is there already, or its number is taken. To be tried again."""


class UsedBeforeError(Exception):
    """The token of a call was used before, by another call."""


@dataclass(slots=True)
class Noting:
    """The use of a token that is noted with a call; `calls` are the ids under which it was tried to keep it."""

    use: Use
    calls: list[str] = field(default_factory=list)
    is_noted: bool = False

    def note(self, connection: Connection, call: str) -> None:
        """Note the use; raises UsedBeforeError if another call did, StoreError.

        A commit whose end is not known may have noted it: then the call that was tried before is on file.
        """
        if not is_first(connection, self.use) and not any(_is_on_file(connection, one) for one in self.calls):
            raise UsedBeforeError
        self.calls.append(call)


def _is_on_file(connection: Connection, call: str) -> bool:
    return connection.execute(statements.REQUEST, {"of_call": call}).first() is not None


@dataclass(frozen=True, slots=True)
class SqlRegister:
    """Keeps calls and determinations; `now` gives the time at which a call is received.

    `link_minutes` is how long a link to a form lasts. `noting` is the use of a token that is noted with the call, once:
    of a register for this one call.
    """

    engine: Engine
    link_minutes: int = LINK_MINUTES
    now: Callable[[], datetime] = field(default=lambda: datetime.now(UTC))
    sweep: Sweep = field(default_factory=Sweep)
    noting: Noting | None = None

    @contextmanager
    def session(
        self, hook: str, hook_instance: str, today: CallDay, body: bytes, tenant: str, *, waits: bool = True
    ) -> Iterator[SqlSession]:
        """Begin a call of a tenant; raises RegisterError if the database fails at any point of it."""
        call = str(uuid4())
        about = {"id": call, "hook": hook, "hook_instance": hook_instance, "received": self.now(), "today": today}
        row = about | {"request": payloads.packed(body)}
        with self.answering(call, today, tenant, waits=waits) as session:
            session.work.begin_call(row)
            yield session
            if self.noting is not None and not self.noting.is_noted:
                self.noting.note(session.connection, call)
        if self.noting is not None:
            self.noting.is_noted = True
        self.sweep.run_if_due(self.engine, self.now())

    @contextmanager
    def answering(self, call: str, today: CallDay, tenant: str, *, waits: bool = True) -> Iterator[SqlSession]:
        """Begin to answer a form that belongs to a call which was kept; raises RegisterError as `session` does."""
        try:
            with ExitStack() as stack:
                work = self._work(stack, tenant, waits=waits)
                yield SqlSession(work, call, today, self.now, self.link_minutes)
                work.write()
                payloads.check_keys(work.connection)
                chain.append(work.connection, work.sealed, self.now())
        except StoreError as error:
            failed = TakenError if error.passing else RegisterError
            raise failed(str(error), passing=error.passing) from error

    def _work(self, stack: ExitStack, tenant: str, *, waits: bool) -> Work:
        """Begin the transaction; a draft, if nobody is to wait for it.

        Keys of tenants are made as they are needed: with them a call writes from its beginning.
        """
        if waits or not has_one_writer(self.engine) or is_encrypting(self.engine):
            return Work(stack.enter_context(writing(self.engine, shares=True)), tenant)
        draft = stack.enter_context(reading(self.engine))

        def begin() -> Connection:
            draft.close()
            return stack.enter_context(writing(self.engine, shares=True))

        return Work(draft, tenant, begin)
