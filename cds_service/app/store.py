"""The database of the settings, with the operator's keys where there are any."""

from collections.abc import Mapping

from sqlalchemy import Engine

from cds_service.app.settings import Settings
from cds_service.database.transactions import StoreError
from cds_service.encryption.operator_keys import EncryptionKeyError, KeyRing, key_ring
from cds_service.encryption.tenant_keys import use_keys
from cds_service.storage.engine import StorageError, open_engine, shown


def ring_of(settings: Settings, environment: Mapping[str, str]) -> KeyRing | None:
    """Return the operator's keys; None if none are set. Raises StorageError."""
    try:
        return key_ring(environment, settings.encryption_keys_file)
    except EncryptionKeyError as error:
        raise StorageError(str(error)) from None


def open_store(settings: Settings, environment: Mapping[str, str], seconds: float) -> Engine:
    """Return an engine that encrypts where keys are set, and reads what is encrypted.

    `seconds` limits every wait for the database. Raises StorageError where a key is missing or is not the right one.
    """
    ring, engine = ring_of(settings, environment), open_engine(settings.database_url, seconds)
    try:
        use_keys(engine, ring)
    except (EncryptionKeyError, StoreError) as error:
        engine.dispose()
        raise StorageError(f"the database {shown(settings.database_url)} cannot be used: {error}") from None
    return engine
