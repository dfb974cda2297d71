"""The database of the settings, for a command that looks after it: what an operator can mend becomes a message."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click
from sqlalchemy import Engine

from cds_service.app.settings import Settings, SettingsError
from cds_service.app.settings_file import load
from cds_service.app.store import open_store
from cds_service.database.transactions import StoreError
from cds_service.encryption.operator_keys import EncryptionKeyError
from cds_service.storage.engine import StorageError, open_engine

_SECONDS = 60.0
"""How long a statement of these commands may take: they look at whole tables, and no call waits for them."""


@contextmanager
def opened(*, keyed: bool = False) -> Iterator[tuple[Engine, Settings]]:
    """Open the database of the settings, with its keys where charts are read or encrypted; it is closed in the end.

    Raises ClickException for what is wrong with settings, database or keys.
    """
    try:
        settings = load(os.environ, Path.cwd())
        url = settings.database_url
        engine = open_store(settings, os.environ, _SECONDS) if keyed else open_engine(url, _SECONDS)
        try:
            yield engine, settings
        finally:
            engine.dispose()
    except (SettingsError, StorageError, EncryptionKeyError) as error:
        raise click.ClickException(str(error)) from None
    except StoreError as error:
        raise click.ClickException(f"the database failed: {error}") from None
