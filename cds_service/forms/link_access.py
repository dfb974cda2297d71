"""Who may see the form behind a link.

The link alone opens nothing. While no client is registered, the reader is whoever sits at this machine; else a reader
has signed in, by a token of a registered client or by a SMART launch, and has a visit that ends by itself.
"""

from dataclasses import dataclass

from cds_service.clients.access import Gate, Visit
from cds_service.forms.errors import FormPageError, SignInNeededError
from cds_service.storage.archive import Archive
from cds_service.storage.form_keys import FormKeys, Given, Kind
from hooks.protocol.errors import UnauthorizedError

VISIT_MINUTES = 60
"""How long a visit lasts, in minutes"""


@dataclass(frozen=True, slots=True)
class Doors:
    """Lets readers in."""

    gate: Gate
    keys: FormKeys
    archive: Archive

    def determination(self, link: str) -> str:
        """Return the id of the determination that a link leads to; raises FormPageError."""
        found = self.keys.find(Kind.LINK, link)
        if found is None:
            raise FormPageError(404, "page.no_link")
        return found.determination

    def check(self, determination: str, visit: str, seen: Visit) -> None:
        """Raise FormPageError unless a reader may see a determination; `visit` is the key of a visit, or empty."""
        if self.gate.is_open:
            self._check_place(seen)
            return
        found = self.keys.find(Kind.VISIT, visit) if visit else None
        if found is None or found.determination != determination:
            raise SignInNeededError

    def _check_place(self, seen: Visit) -> None:
        try:
            self.gate.reader(seen)
        except UnauthorizedError:
            raise FormPageError(403, "page.this_machine") from None

    def sign_in(self, link: str, seen: Visit) -> str:
        """Begin a visit by a client's token, and return its key; raises FormPageError, and UnauthorizedError."""
        determination = self.determination(link)
        reader = self.gate.reader(seen)
        kept = self.archive.revision(determination)
        if kept is None or reader.tenant not in {None, kept.tenant}:
            raise FormPageError(404, "page.no_link")
        return self.begin(determination)

    def begin(self, determination: str) -> str:
        """Begin a visit to a form, and return its key."""
        return self.keys.give(Given(Kind.VISIT, determination), VISIT_MINUTES)
