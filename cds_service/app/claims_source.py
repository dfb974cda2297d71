"""`[claims]`: where the payer's own claims are, by the settings: a folder, or a table of a database."""

from pathlib import Path

import msgspec

from cds_service.app.claims_folder import ClaimsFolder
from hooks.ehr_data.payer_claims import Claims, NoClaims


class SourceError(Exception):
    """The folder or table cannot be used; the message says why, without a password."""


class ClaimsSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`[claims]`: folder, or database and table, of the payer's own claims; whether clients are asked for theirs."""

    folder: str = ""
    database: str = ""
    table: str = "claims"
    prefetch: bool = False


def claims_of(settings: ClaimsSettings, max_bytes: int, seconds: float) -> Claims:
    """Return the payer's claims; none without a folder or database. Raises SourceError for one that cannot be used.

    `seconds` limits each wait for the database.
    """
    if settings.folder and settings.database:
        raise SourceError("settings claims.folder and claims.database: only one of them can be set")
    if settings.database:
        # It brings PostgreSQL's driver, which takes a while to load.
        from cds_service.app.claims_table import claims_table  # noqa: PLC0415

        return claims_table(settings.database, settings.table, max_bytes, seconds)
    if not settings.folder:
        return NoClaims()
    folder = Path(settings.folder)
    if not folder.is_dir():
        raise SourceError(f"setting claims.folder: {settings.folder} is no folder")
    return ClaimsFolder(folder, max_bytes)
