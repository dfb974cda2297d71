"""What a driver raises where its own connection is used, as SQLAlchemy would raise it."""

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError


def as_sqlalchemy(connection: Connection, error: Exception) -> BaseException:
    """Return an error of the driver as one of SQLAlchemy, without the values; a lost connection leaves the pool."""
    dialect = connection.dialect
    is_lost = dialect.is_disconnect(error, None, None)  # type: ignore[arg-type]
    if is_lost and not connection.invalidated:
        connection.invalidate(error)
    return DBAPIError.instance(
        statement=None,
        params=None,
        orig=error,
        dbapi_base_err=dialect.loaded_dbapi.Error,
        hide_parameters=True,
        connection_invalidated=is_lost,
        dialect=dialect,
    )
