"""Answered forms on file, of the determination that they were answered for."""

from dataclasses import dataclass
from datetime import datetime

from cds_service.encryption import payloads
from cds_service.encryption.payloads import Place
from cds_service.register.questions import hashed
from cds_service.register.work import Work
from cds_service.storage import statements
from cds_service.storage.archive import KeptForm, kept_forms
from cds_service.storage.tables import RESPONSES
from hooks.records.register_port import DeterminationKey


@dataclass(frozen=True, slots=True)
class AnsweredForm:
    """An answered form as it came and as it is answered; `content` is the hash of what it says."""

    id: str
    determination: str
    content: str
    received: datetime
    response: bytes
    reply: bytes


@dataclass(frozen=True, slots=True)
class AnsweredForms:
    """Those on file, as one call finds and keeps them."""

    work: Work

    def newest(self, key: DeterminationKey) -> tuple[str, bytes] | None:
        """Return the id and the text of the form that was answered last for a question."""
        found = self.work.first(statements.NEWEST_RESPONSE, {"of_key": hashed(key)})
        return (found.id, self._opened("response", found.id, found.response)) if found is not None else None

    def of_determination(self, determination: str) -> tuple[KeptForm, ...]:
        """Return every form that was answered for a determination, the newest first; none comes before this is over."""
        self.work.write()
        self.work.connection.execute(statements.LOCKED, {"of": determination})
        return kept_forms(self.work.connection, determination)

    def reply(self, name: str) -> bytes:
        """Return what was answered to a form on file."""
        kept = self.work.connection.execute(statements.REPLY, {"name": name}).scalar_one()
        return self._opened("reply", name, kept)

    def keep(self, answered: AnsweredForm) -> None:
        """Keep one, with the reply that is about to be sent."""
        texts = {"response": answered.response, "reply": answered.reply}
        sealed = {
            column: self.work.seal(Place(RESPONSES, column, answered.id), payloads.packed(text))
            for column, text in texts.items()
        }
        row = {"id": answered.id, "determination": answered.determination, "content": answered.content}
        self.work.add_sealed(RESPONSES, row | {"received": answered.received} | sealed)

    def _opened(self, column: str, name: str, kept: bytes) -> bytes:
        return payloads.opened(self.work.connection, Place(RESPONSES, column, name), kept)
