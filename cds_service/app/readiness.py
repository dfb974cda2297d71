"""Whether this process can do its work now: the store, its disk, the policies, the clients' keys.

A check names no client, no path and no value of a setting: whoever asks for it may be anybody.
"""

import os
import shutil
from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import Engine, text

from cds_service.clients.client_assertions import Verifier
from cds_service.database.sqlite import file_of
from cds_service.database.transactions import StoreError, writing
from cds_service.encryption.payloads import check_keys
from cds_service.storage.schema import SchemaError, standing
from policies.catalogue import Catalogue

_LEAST_FREE_BYTES = 100_000_000
OK = "ok"


@dataclass(frozen=True, slots=True)
class Readiness:
    """What is asked; without an engine or a verifier there is nothing to ask of them."""

    engine: Engine | None
    policies: Catalogue
    verifier: Verifier | None

    def checks(self) -> dict[str, str]:
        """Return each check with `ok`, or with what is wrong."""
        return {
            "store": self._store(),
            "disk": self._disk(),
            "policies": OK if self.policies.all else "there is no policy",
            "key_sets": self._key_sets(),
        }

    def _store(self) -> str:
        """Ask whether a transaction that writes can be begun, on tables that this release knows."""
        if self.engine is None:
            return "there is no store"
        try:
            with writing(self.engine) as connection:
                check_keys(connection)
                if connection.dialect.name == "postgresql" and _is_read_only(connection.execute(_READ_ONLY).scalar()):
                    return "it can be read only"
            return OK if standing(self.engine).is_current else "its tables are older than this release"
        except StoreError as error:
            return f"it fails ({error})"
        except SchemaError:
            return "its tables are not those of this release"

    def _disk(self) -> str:
        """Ask whether there is room for more where the file of the database lies; a server looks after its own."""
        path = file_of(self.engine.url) if self.engine is not None else None
        if path is None:
            return OK
        folder = path.absolute().parent
        if not os.access(folder, os.W_OK):
            return "its folder cannot be written"
        return OK if shutil.disk_usage(folder).free >= _LEAST_FREE_BYTES else "less than 100 MB are free"

    def _key_sets(self) -> str:
        """Ask whether the keys of any client are known; that those of one are not must not stop the others."""
        if self.verifier is None:
            return OK
        known = [self.verifier.keys.has_keys(one) for one in self.verifier.clients.values()]
        if not any(known):
            return "no client's key set could be had"
        return OK if all(known) else f"{OK}, but for {known.count(False)} of {len(known)} clients"


def is_ready(checks: Iterable[str]) -> bool:
    """Whether every check went well."""
    return all(one.startswith(OK) for one in checks)


_READ_ONLY = text("SELECT current_setting('transaction_read_only')")


def _is_read_only(value: object) -> bool:
    return value == "on"
