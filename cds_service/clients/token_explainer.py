"""Why a token is taken or refused, check by check, for the person who sets a client up."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from cds_service.clients.client_assertions import (
    Presented,
    TokenError,
    Verifier,
    claims_unchecked,
    header_of,
)

_TIMES = ("iat", "nbf", "exp")
_SHOWN = ("iss", "aud", "sub", "jti", "tenant")


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at, and what was found; `holds` is None for what is only shown."""

    name: str
    holds: bool | None
    found: str


def explain(verifier: Verifier, token: str, url: str) -> Iterator[Check]:
    """Yield what the token says and what was checked, ending with the first check that fails; its use is not noted."""
    try:
        header, claims = header_of(token), claims_unchecked(token)
    except TokenError as error:
        yield Check("form", holds=False, found=str(error))
        return
    yield Check("form", holds=True, found=", ".join(f"{name} {value}" for name, value in header.items()))
    yield from _claims(claims)
    try:
        client = verifier.client(claims)
        yield Check("issuer", holds=True, found=f"registered as '{client.name}'")
        verifier.checked(Presented(token, (url,), b""), client, header)
    except TokenError as error:
        yield Check("token", holds=False, found=error.for_operator)
    else:
        yield Check("token", holds=True, found=f"key, signature and times hold, and it is for {url}")


def _claims(claims: Mapping[str, Any]) -> Iterator[Check]:
    """Yield the claims as they stand, times in words."""
    for name in _SHOWN:
        if name in claims:
            yield Check(name, holds=None, found=str(claims[name]))
    for name in _TIMES:
        if name in claims:
            yield Check(name, holds=None, found=_time(claims[name]))


def _time(seconds: object) -> str:
    try:
        return datetime.fromtimestamp(float(str(seconds)), UTC).isoformat(timespec="seconds")
    except (ValueError, OverflowError, OSError):
        return f"{seconds!r} is no time"
