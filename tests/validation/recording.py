"""Records what leaves the applications of the tests, and has HL7's validator look at it when all tests have run.

`FHIR_VALIDATION` switches it on: `required` (as in `make validate`: Java has to be there), or `there` (where
Java and Maven are). Without it nothing is recorded, as in a run of a few tests.
"""

import json
import os
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from flask import Flask, Response, request, request_finished

from tests.conformance.messages import came
from tests.maven import NotBroughtError, programs
from tests.validation.features import features
from tests.validation.report import Report, kept
from tests.validation.sent import Sent, sent_by_base, sent_by_hook

WANTED, REQUIRED, THERE = "FHIR_VALIDATION", "required", "there"
FOLDER = "FHIR_VALIDATION_FOLDER"
"""Where the processes of a run keep what they have sent."""
_RAN = (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED)
_REPORT = pytest.StashKey[Report]()


class Recorder:
    """Keeps of what leaves what has something new, in a file of this process."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / f"{os.getpid()}.jsonl"
        self._seen: set[bytes] = set()
        self._known: set[str] = set()

    def look(self, app: Flask, response: Response, **_: Any) -> None:
        """Look at a response as it leaves; called while its request is at hand."""
        if app.name != "cds_service" or not response.is_json or response.is_streamed:
            return
        body = response.get_data()
        digest = sha256(request.path.encode() + body).digest()
        if body and digest not in self._seen:
            self._seen.add(digest)
            self.keep(json.loads(body))

    def keep(self, content: Any) -> None:
        """Keep what is new in some content."""
        fresh = [(one, found) for one in _sent(content) if (found := self._new(one))]
        with self._file.open("a", encoding="utf-8") as file:
            for one, found in fresh:
                self._known |= found
                file.write(one.line() + "\n")

    def _new(self, one: Sent) -> frozenset[str]:
        return frozenset(f"{one.edition} {name}" for name in features(one.resource)) - self._known


def keep_pushed(content: Any) -> None:
    """Keep what this service sent of itself, as a receiver on this machine got it: it is no answer to any request."""
    folder = os.environ.get(FOLDER)
    if folder is None or not isinstance(content, dict):
        return
    place = f"pushed, {os.environ.get('PYTEST_CURRENT_TEST', '')}"
    with (Path(folder) / f"{os.getpid()}-pushed.jsonl").open("a", encoding="utf-8") as file:
        file.writelines(f"{one.line()}\n" for one in sent_by_base(place, None, content))


def _sent(content: Any) -> Iterator[Sent]:
    place = f"{request.method} {request.path} {os.environ.get('PYTEST_CURRENT_TEST', '')}"
    call = came()
    if not isinstance(content, dict):
        return
    # An order goes back as it came: without the call at hand (a socket keeps none) nobody knows whose its faults are.
    if request.path.startswith("/cds-services/") and call is not None:
        yield from sent_by_hook(place, call, content)
    elif "resourceType" in content:
        yield from sent_by_base(place, call, content)


def pytest_configure(config: pytest.Config) -> None:
    """Make a folder for what is sent, in the process that starts the others."""
    wanted = os.environ.get(WANTED, "")
    if hasattr(config, "workerinput") or not (wanted == REQUIRED or (wanted == THERE and programs())):
        return
    folder = TemporaryDirectory(prefix="fhir-sent-")
    config.add_cleanup(folder.cleanup)
    os.environ[FOLDER] = folder.name


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Have the validator look at all that was sent, whatever else failed; an error fails the run."""
    folder = os.environ.get(FOLDER)
    if folder is None or hasattr(session.config, "workerinput") or session.exitstatus not in _RAN:
        return
    try:
        report = Report.on(kept(Path(folder)))
    except NotBroughtError:
        if os.environ.get(WANTED) == REQUIRED:
            raise
        return
    session.config.stash[_REPORT] = report
    if report.faults and session.exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Print what the validator says, or that it was not asked."""
    if _REPORT in config.stash:
        terminalreporter.write_line("")
        terminalreporter.write_line("\n".join(config.stash[_REPORT].lines()))
    elif os.environ.get(WANTED) == THERE:
        terminalreporter.write_line("HL7's validator did not look at what was sent: Maven cannot bring it.")


@pytest.fixture(autouse=True, scope="session")
def _what_leaves_is_recorded() -> Iterator[None]:
    folder = os.environ.get(FOLDER)
    if folder is None:
        yield
        return
    recorder = Recorder(Path(folder))
    with request_finished.connected_to(recorder.look):
        yield
