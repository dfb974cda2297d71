"""The command line: `cds-service --help` lists the commands. Each is imported only when it runs."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from pkgutil import resolve_name
from typing import NamedTuple

import click


class Command(NamedTuple):
    """Where a command is written (module:name), and what the list of commands says of it."""

    place: str
    says: str


def _of(place: str, says: str) -> Command:
    return Command(f"cds_service.{place}", says)


COMMANDS = {
    "audit": _of("database_commands.audit:audit", "Check what is on file, and say who read it."),
    "call": _of("commands.trial_client:call", "Sign a call as a client, and send it."),
    "certify-kit": _of("commands.conformance:certify_kit", "Print what the certification kit is loaded with."),
    "client": _of("commands.trial_client:client", "Make a client with keys of its own."),
    "conformance": _of("commands.conformance:conformance", "Check whether a server keeps to CDS Hooks and CRD."),
    "db": _of("database_commands.db:db", "Look after the database."),
    "demo": _of("commands.demo:run_demo", "Start the service, sign the sample orders and show the answers."),
    "evaluate": _of("commands.evaluate:evaluate", "Judge the orders of hook calls, or of a chart, without a server."),
    "impact": _of("commands.impact:impact", "Report what a new version of a policy does to members."),
    "jwt": _of("commands.client:jwt", "Look into the tokens of registered clients."),
    "keys": _of("database_commands.keys:keys", "Look after the keys that charts are encrypted with."),
    "openapi": _of("commands.openapi:openapi", "Print every address, for tools: OpenAPI, or a Postman collection."),
    "policy": _of("commands.policy:policy", "Work on the policy files: no programmer is needed."),
    "purge": _of("database_commands.purge:purge", "Delete what is older than `retention_days`."),
    "replay": _of("commands.evaluate:run_replay", "Work out a determination again from what was kept."),
    "report": _of("commands.report:report", "Report on what was sent and what became of it."),
    "reviewer": _of("commands.reviewer:reviewer", "Look after the reviewers of the desk."),
    "serve": _of("commands.serve:run_serve", "Run the service."),
}


@contextmanager
def loading() -> Iterator[None]:
    """Load modules or policies without looking for garbage: what is loaded stays, and the search takes a third more."""
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


class Commands(click.Group):
    """A group that knows its commands by their places: listing them imports none."""

    def list_commands(self, _: click.Context) -> list[str]:
        """Return the names of the commands."""
        return sorted(COMMANDS)

    def get_command(self, _: click.Context, name: str) -> click.Command | None:
        """Return a command; None if there is none of that name."""
        if name not in COMMANDS:
            return None
        with loading():
            found: click.Command = resolve_name(COMMANDS[name].place)
        return found

    def format_commands(self, _: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list of commands."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, COMMANDS[name].says) for name in sorted(COMMANDS)])


@click.group(cls=Commands)
@click.version_option(package_name="cds-service")
def main() -> None:
    """Judge drug orders by the payer's policies, with the reason for every answer."""
