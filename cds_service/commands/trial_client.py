"""`cds-service client new` and `cds-service call`: a client for whoever tests, with keys of its own."""

import json
import os
import sys
from http import HTTPStatus
from pathlib import Path

import click

from cds_service.app.settings import SettingsError
from cds_service.app.settings_file import load
from cds_service.clients.client_keys import KeyFileError, new_pair, signed
from cds_service.http import http_client

_PRIVATE, _PUBLIC = "{name}.key.pem", "{name}.jwks.json"
_READABLE_BY_OWNER = 0o600
_SHOWN = 200
"""So many bytes of a reply that is no JSON are shown."""


@click.group()
def client() -> None:
    """Make clients for tests."""


@client.command("new")
@click.argument("name")
@click.option("--iss", default="", help="Its issuer; by default https://NAME.example.org.")
def new_client(name: str, iss: str) -> None:
    """Make a key pair for the client NAME here, and print the lines of the settings that register it."""
    private, public = Path(_PRIVATE.format(name=name)), Path(_PUBLIC.format(name=name))
    for one in (private, public):
        if one.exists():
            raise click.ClickException(f"{one} is there already")
    pem, keys = new_pair(name)
    private.touch(mode=_READABLE_BY_OWNER)
    private.write_bytes(pem)
    public.write_bytes(keys)
    click.echo(f'[[clients]]\nname = "{name}"\niss = "{iss or _issuer(name)}"\njwks = "{public}"\ndelivery = "both"')
    click.echo(f"\n# {private} is its secret. `cds-service call FILE --as {name}` signs with it.", err=True)


class _UnsentError(click.ClickException):
    """A call that could not be sent, or of which no answer came."""

    exit_code = 2


@click.command("call")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--as", "name", default="", help="The client that signs; without one the call bears no token.")
@click.option("--url", default="", help="The service's base URL; by default that of the settings.")
def call(file: Path, name: str, url: str) -> None:
    """Send the hook call in FILE, signed as a client that `client new` made here, and print the reply.

    Exit code 1 is an answer that says no (HTTP 4xx or 5xx), 2 a call that could not be sent.
    """
    body, service = _hook_call(file)
    try:
        settings = load(os.environ, Path.cwd())
    except SettingsError as error:
        raise _UnsentError(str(error)) from None
    base = (url or settings.base_url or "http://127.0.0.1:8000").rstrip("/")
    address = f"{base}/cds-services/{service}"
    registered = {one.name: one.iss for one in settings.clients}
    token = _token(name, registered.get(name, _issuer(name)), address) if name else ""
    status, reply = _sent(address, body, token)
    click.echo(reply)
    click.echo(f"HTTP {status}", err=True)
    sys.exit(0 if status == HTTPStatus.OK else 1)


def _hook_call(file: Path) -> tuple[bytes, str]:
    """Return the call in a file, and the id of the service that it is for."""
    body = file.read_bytes()
    try:
        content = json.loads(body.decode())
    except UnicodeDecodeError:
        raise _UnsentError(f"{file} is no text in UTF-8") from None
    except json.JSONDecodeError as error:
        raise _UnsentError(f"{file}:{error.lineno}:{error.colno}: this is no JSON: {error.msg}") from None
    hook = content.get("hook") if isinstance(content, dict) else None
    if not isinstance(hook, str):
        raise _UnsentError(f"{file} is no call of a hook: it has no 'hook', such as \"order-sign\"")
    return body, f"{hook}-crd"


def _sent(address: str, body: bytes, token: str) -> tuple[int, str]:
    """Return status and reply of a call, JSON indented, and what is none cut to its beginning."""
    try:
        with http_client.session() as http:
            status, _, content = http_client.exchange(http, address, body, token)
    except http_client.OutgoingError as error:
        mend = "is it running (`cds-service serve`)? `--url` names another"
        raise _UnsentError(f"no service answers there: {error}; {mend}") from None
    try:
        return status, json.dumps(json.loads(content), indent=2, ensure_ascii=False)
    except ValueError:
        return status, f"The reply is no JSON: {content[:_SHOWN].decode(errors='replace')}"


def _issuer(name: str) -> str:
    return f"https://{name}.example.org"


def _token(name: str, iss: str, url: str) -> str:
    file = Path(_PRIVATE.format(name=name))
    try:
        return signed(file.read_bytes(), name, iss, url)
    except OSError as error:
        raise _UnsentError(f"{file}: {error.strerror}; `cds-service client new {name}` makes it") from None
    except KeyFileError as error:
        raise _UnsentError(f"{file}: {error}") from None
