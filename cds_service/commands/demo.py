"""The demonstration: the real service, real calls over HTTP, and the answers as a clinician would get them."""

import json
import os
import secrets
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from importlib.resources import files
from pathlib import Path
from tempfile import TemporaryDirectory, TemporaryFile
from typing import IO, Any

import click
import yaml

from cds_service.app.container import from_environment
from cds_service.app.settings import SettingsError
from cds_service.commands import serve
from cds_service.commands.evaluate import EvaluationError, Evaluator
from cds_service.demonstration.loop import REVIEWER, SAMPLE, Loop, LoopError
from cds_service.http import http_client
from cds_service.reviewers.reviewer_file import hashed_password
from cds_service.storage.engine import StorageError
from cds_service.terminal.mendable import reported
from cds_service.terminal.text_report import as_text
from fhir_mappings.coverage.coverage_information import written_on
from policies.files.problems import PolicyError

_SECONDS_TO_START = 60
_ENDED_AS_ASKED = (0, -15)
_MOST_OTHERS = 4
_REVIEWERS = "CDS_REVIEWERS_FILE"
_PASSWORD_BYTES = 9


@dataclass(frozen=True, slots=True)
class Sample:
    """A sample call: its title and its body."""

    file: str
    title: str
    body: bytes

    @property
    def service(self) -> str:
        """Return the id of the service that it is for."""
        return f"{json.loads(self.body)['hook']}-crd"


def samples() -> tuple[Sample, ...]:
    """Return the sample calls in order."""
    folder = _folder()
    index = yaml.load((folder / "index.yaml").read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
    return tuple(Sample(one["file"], one["title"], (folder / one["file"]).read_bytes()) for one in index)


def _folder() -> Path:
    return Path(str(files("cds_service"))) / "samples"


def run(host: str, port: int, *, leave: bool, full: bool, beside: Path | None = None) -> int:
    """Start the service, send it every sample and print a screen of answers, or all; returns the exit code.

    `beside` is a folder of policies that stand beside those of the program.
    """
    try:
        serve.check_free(host, port)
    except serve.ServingError as error:
        raise serve.ServingError(f"{error}; choose another one: make demo PORT={port + 1}") from None
    base = f"http://{host}:{port}"
    click.echo(f"Starting the service on {base} ...")
    password = secrets.token_urlsafe(_PASSWORD_BYTES) if _REVIEWERS not in os.environ else ""
    with _server(host, port, password, beside) as server, http_client.session() as http:
        if not _is_up(server, http, base):
            click.echo("The service did not start.", err=True)
            return 1
        signed = samples()
        failed = _all_signed(http, base, signed, full=full)
        failed += _walk(http, base, signed, password) if password else 0
        click.echo(
            f"Open {base}/try to try a call, {base}/policies to read the policies; discovery is {base}/cds-services."
        )
        if not leave:
            _serve_on(server)
    return 1 if failed else 0


def _all_signed(http: http_client.Session, base: str, signed: Sequence[Sample], *, full: bool) -> int:
    """Sign the samples, and print a screen of answers, or all; returns how many failed."""
    if full:
        evaluator = Evaluator(from_environment(os.environ, Path.cwd(), store=False).order_sign)
        failed = sum(_sign(http, base, sample, evaluator) for sample in signed)
    else:
        failed = _brief(http, base, signed)
    click.echo(f"\n{len(signed)} calls sent, {failed} failed. DEMO_FULL=1 prints every answer.")
    return failed


def _decided(sample: Sample, evaluator: Evaluator) -> str:
    """Judge a sample here, as the service does, and write the criteria as text."""
    return as_text(evaluator.call(_folder() / sample.file)).partition("\n")[2]


def _walk(http: http_client.Session, base: str, signed: Iterable[Sample], password: str) -> bool:
    """Walk the loop of an order to its number, and print its steps; returns whether it failed."""
    call = json.loads(next(one.body for one in signed if one.file.startswith(SAMPLE)))
    click.secho("\nOne order to its number:", bold=True)
    try:
        for line in Loop(http, base, password).walk(call):
            click.echo(f"  {line}")
    except LoopError as error:
        click.echo(f"  {error}", err=True)
        return True
    click.echo(f"  The desk: {base}/review, name {REVIEWER}, password {password}")
    return False


@contextmanager
def _server(host: str, port: int, password: str, beside: Path | None) -> Iterator[subprocess.Popen[bytes]]:
    command = [sys.executable, "-m", "cds_service", "serve", "--host", host, "--port", str(port)]
    with (
        TemporaryFile() as log,
        TemporaryDirectory() as folder,
        _started(command, log, folder, password, beside) as server,
    ):
        try:
            yield server
        finally:
            server.terminate()
            server.wait()
            if server.returncode not in _ENDED_AS_ASKED:
                log.seek(0)
                click.echo(log.read().decode(), err=True)


def _started(
    command: list[str], log: IO[bytes], folder: str, password: str, beside: Path | None
) -> "subprocess.Popen[bytes]":
    """Start the service with a database and a reviewer of its own, unless they are set."""
    environment = {"CDS_DATABASE_URL": f"sqlite:///{folder}/demo.sqlite", **os.environ}
    if password:
        file = Path(folder) / "reviewers.toml"
        known = {"name": REVIEWER, "person": "A reviewer", "role": "reviewer", "password": hashed_password(password)}
        settings = "\n".join(f'{name} = "{value}"' for name, value in known.items())
        file.write_text(f"[[reviewers]]\n{settings}\n", encoding="utf-8")
        environment[_REVIEWERS] = str(file)
    if beside is not None:
        environment |= {"CDS_POLICIES_FOLDER": str(beside), "CDS_POLICIES_BESIDE": "true"}
    return subprocess.Popen(command, stdout=log, stderr=log, env=environment)  # noqa: S603 - our own command


def _is_up(server: "subprocess.Popen[bytes]", http: http_client.Session, base: str) -> bool:
    until = time.monotonic() + _SECONDS_TO_START
    while time.monotonic() < until and server.poll() is None:
        if http_client.answers(http, f"{base}/health/ready"):
            return True
        time.sleep(0.2)
    return False


def _serve_on(server: "subprocess.Popen[bytes]") -> None:
    click.echo("Serving on. Stop with Ctrl-C.")
    try:
        server.wait()
    except KeyboardInterrupt:
        click.echo("\nStopped.")


def _sign(http: http_client.Session, base: str, sample: Sample, evaluator: Evaluator) -> bool:
    """Send one sample and print the answer; returns whether it failed.

    Where no card is sent, the decision comes of judging the sample here.
    """
    status, reply = http_client.post_json(http, f"{base}/cds-services/{sample.service}", sample.body)
    click.secho(f"\n=== {sample.title}", bold=True)
    click.echo(f"    {sample.file}, {sample.service}, HTTP {status}")
    for card in reply.get("cards", ()):
        click.echo("\n".join(_card(card)))
    if status == 200 and not reply["cards"]:
        click.echo(f"\n  No card for this client; what was decided:\n{_decided(sample, evaluator)}")
    for action in reply.get("systemActions", ()):
        click.echo("\n".join(_action(action)))
    return status != 200


def _brief(http: http_client.Session, base: str, signed: Iterable[Sample]) -> int:
    """Send the samples, and print one answer as a record system shows it, and what was determined for some others."""
    failed, orders = 0, list[dict[str, Any]]()
    for sample in signed:
        status, reply = http_client.post_json(http, f"{base}/cds-services/{sample.service}", sample.body)
        failed += status != HTTPStatus.OK
        orders += [card for card in reply.get("cards", ()) if card["source"]["topic"]["code"] == "coverage-info"]
    shown = max((card for card in orders if "**" in card["detail"]), key=lambda card: len(card["detail"]), default=None)
    if shown is not None:
        click.secho(f"\n{shown['summary']}", bold=True)
        lines = [line for line in shown["detail"].replace("**", "").splitlines() if line]
        links = [f"[{link['label']}] {link['url']}" for link in shown.get("links", ())]
        click.echo("\n".join(f"  {line}" for line in (*lines, *links)))
    others = list(dict.fromkeys(card["summary"] for card in orders if card is not shown))
    click.echo("\nOther orders:")
    click.echo("\n".join(f"  {one}" for one in others[:_MOST_OTHERS]))
    return failed


def _card(card: dict[str, Any]) -> Iterator[str]:
    yield f"\n  Card ({card['indicator']}): {card['summary']}\n"
    yield from (f"    {line}" for line in card["detail"].splitlines())
    yield from (f"    -> {link['label']}: {link['url']}" for link in card.get("links", ()))


def _action(action: dict[str, Any]) -> Iterator[str]:
    resource = action["resource"]
    for parts in written_on(resource):
        yield f"\n  Coverage information on {resource['resourceType']}/{resource['id']}:"
        yield from (f"    {name}: {value}" for name, value in parts)


@click.command("demo")
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65535))
@click.option("--exit", "leave", is_flag=True, help="End after the samples instead of serving on.")
@click.option("--full", envvar="DEMO_FULL", is_flag=True, help="Print every answer, not a screen of them.")
@click.option("--examples", is_flag=True, help="The example policies beside those of the program.")
def run_demo(host: str, port: int, *, leave: bool, full: bool, examples: bool) -> None:
    """Start the service, sign the sample orders and show the answers."""
    with reported(SettingsError, EvaluationError, PolicyError, StorageError, serve.ServingError):
        beside = Path(str(files("policies"))) / "examples" if examples else None
        sys.exit(run(host, port, leave=leave, full=full, beside=beside))
