"""`cds-service jwt`: what a client's token says, and why it is refused."""

import os
import sys
from pathlib import Path

import click

from cds_service.app.container import from_environment
from cds_service.app.settings import SettingsError
from cds_service.clients.token_explainer import Check, explain

_MARKS = {True: "holds  ", False: "FAILS  ", None: "       "}
_REFUSED = 1
_STANDARD_INPUT = "-"


@click.group()
def jwt() -> None:
    """Look into the tokens of registered clients."""


@jwt.command("explain")
@click.argument("token")
@click.option("--service", default="order-sign-crd", show_default=True, help="The service that the token is for.")
def explain_token(token: str, service: str) -> None:
    """Say what TOKEN holds and whether it would be taken; "-" reads it from standard input. Its use is not noted."""
    try:
        container = from_environment(os.environ, Path.cwd(), store=False)
    except SettingsError as error:
        raise click.ClickException(str(error)) from None
    verifier = container.gate.verifier
    if verifier is None:
        raise click.ClickException("no client is registered: the service is open, and looks at no token")
    url = f"{container.settings.base_url.rstrip('/')}/cds-services/{service}"
    read = sys.stdin.read() if token == _STANDARD_INPUT else token
    checks = list(explain(verifier, read.strip().removeprefix("Bearer ").strip(), url))
    for check in checks:
        click.echo(_line(check))
    if checks[-1].holds is False:
        sys.exit(_REFUSED)


def _line(check: Check) -> str:
    return f"{_MARKS[check.holds]}{check.name}: {check.found}"
