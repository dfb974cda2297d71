"""`cds-service conformance`: the protocol checks, against any running CRD server."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from cds_service.certification.pas_preset import pas_preset
from cds_service.certification.preset import bodies, new_session, preset
from cds_service.certification.preset_members import members
from cds_service.conformance.caller_checks import CALLERS
from cds_service.conformance.calls import Subject
from cds_service.conformance.check import Check, Result, State
from cds_service.conformance.coverage_checks import COVERAGE
from cds_service.conformance.discovery_checks import DISCOVERY
from cds_service.conformance.error_checks import ERRORS
from cds_service.conformance.further_checks import FURTHER
from cds_service.conformance.probe import Server, look
from cds_service.conformance.reply_checks import REPLIES
from cds_service.conformance.token_signer import Signer, SigningError
from cds_service.http import http_client
from hooks.request.body import encoded

CHECKS: tuple[Check, ...] = (*DISCOVERY, *REPLIES, *COVERAGE, *FURTHER, *ERRORS, *CALLERS)
_FAILED, _NOT_ASKED = 1, 2
_SEEN = {State.PASS: "all as it should be", State.FAIL: "", State.SKIP: "nothing to which it applies"}
_PAYER = "https://payer.example.org/identifier|MMM"
_PRODUCT = "http://www.nlm.nih.gov/research/umls/rxnorm|2473851"


class _ChecksByDefault(click.Group):
    """A group in which the address of a server alone means `check`."""

    def parse_args(self, context: click.Context, args: list[str]) -> list[str]:
        """Put `check` before arguments that name no command."""
        named = bool(args) and (args[0] in self.commands or args[0] in context.help_option_names)
        return super().parse_args(context, args if named or not args else ["check", *args])


@click.group(cls=_ChecksByDefault)
def conformance() -> None:
    """Check whether the server at an address keeps to CDS Hooks and CRD: `conformance URL`, as `conformance check`."""


@conformance.command("check")
@click.argument("url")
@click.option("--payer", default=_PAYER, show_default=True, help="The payer of the made-up Coverage, 'SYSTEM|VALUE'.")
@click.option("--order", default=_PRODUCT, show_default=True, help="What the made-up order is for, 'SYSTEM|CODE'.")
@click.option("--token", default="", envvar="CDS_CONFORMANCE_TOKEN", help="A bearer token to send with each request.")
@click.option("--iss", default="", help="With --key: the issuer that is registered with the server.")
@click.option("--key", type=click.Path(path_type=Path), help="A private key (PEM), to sign a token for each address.")
@click.option("--kid", default="", help="With --key: the id of the key.")
@click.option("--algorithm", type=click.Choice(["ES384", "RS384"]), default="ES384", show_default=True)
@click.pass_context
def check_server(context: click.Context, /, url: str, **options: Any) -> None:
    """Call the services of the server at URL (which has /cds-services below it) about a patient who was made up.

    Ends with 0 if no check failed, with 1 if one did, with 2 if the server cannot be reached. A check is skipped if
    nothing was seen to which it applies. The ids are those of docs/requirements.csv.
    """
    subject = Subject(_pair("--payer", options["payer"]), _pair("--order", options["order"]))
    signer = _signer(**{name: options[name] for name in ("iss", "kid", "algorithm", "key")})
    try:
        with http_client.session() as http:
            seen = look(Server(http, url.rstrip("/"), options["token"], signer), subject)
    except (http_client.OutgoingError, SigningError) as error:
        click.echo(f"The server cannot be asked: {error}", err=True)
        context.exit(_NOT_ASKED)
    results = [one.run(seen) for one in CHECKS]
    for line in _table(results):
        click.echo(line)
    context.exit(_FAILED if any(one.state is State.FAIL for one in results) else 0)


def _signer(iss: str, kid: str, algorithm: str, key: Path | None) -> Signer | None:
    if key is None:
        return None
    if not (iss and kid):
        raise click.UsageError("--key needs --iss and --kid")
    try:
        return Signer(iss, kid, algorithm, key.read_text(encoding="ascii"))
    except (OSError, UnicodeDecodeError):
        raise click.BadParameter(f"{key} cannot be read as PEM", param_hint="--key") from None


def _pair(option: str, text: str) -> tuple[str, str]:
    system, bar, value = text.rpartition("|")
    if not (system and bar and value):
        raise click.BadParameter("is written as 'SYSTEM|VALUE'", param_hint=option)
    return system, value


def _table(results: list[Result]) -> Iterator[str]:
    """Write the table, in the columns of docs/conformance.md: what is asked, and what came of it."""
    yield "| id | strength | asks | state | what was seen |"
    yield "|---|---|---|---|---|"
    for one in results:
        seen = "; ".join(one.faults) or _SEEN[one.state]
        cells = (", ".join(one.check.ids), one.check.strength, one.check.says, one.state.value, seen)
        yield f"| {' | '.join(map(_cell, cells))} |"
    counted = ", ".join(f"{sum(one.state is state for one in results)} {state.value}" for state in State)
    yield f"\n{len(results)} checks: {counted}"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


@click.command("certify-kit")
@click.argument("url")
@click.option("--members", "is_members", is_flag=True, help="Print the directory of the preset's members instead.")
@click.option("--pas", "is_pas", is_flag=True, help="Print the preset for the kit of prior authorization instead.")
def certify_kit(url: str, *, is_members: bool, is_pas: bool) -> None:
    """Print what a tester of a service at URL loads into the certification kit (docs/certification.md)."""
    made = pas_preset if is_pas else preset
    text = members(bodies()) if is_members else encoded(made(url.rstrip("/"), new_session())).decode()
    click.echo(text, nl=not is_members)
