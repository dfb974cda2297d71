"""A small FHIR server on this machine, which answers what a test lays in and remembers what it was asked."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Barrier, BrokenBarrierError, Event, Thread
from typing import Any

Json = dict[str, Any]
_SAFETY_SECONDS = 20


@dataclass
class Answered:
    """One answer: a resource, or bytes, or another status; `held` waits until the test lets go."""

    content: Json | bytes = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    held: Event | None = None
    together: Barrier | None = None


@dataclass
class Asked:
    path: str
    headers: dict[str, str]


class Ehr:
    """The server: `answers` by the beginning of the path below the base (`Condition?patient=p1`), else 404."""

    def __init__(self) -> None:
        self.answers: dict[str, Answered | Json] = {}
        self.asked: list[Asked] = []
        self.arrived = Event()
        self._server = _Server(("127.0.0.1", 0), _handler(self))
        self.port = self._server.server_address[1]
        self.base = f"http://127.0.0.1:{self.port}/fhir"

    @property
    def paths(self) -> list[str]:
        return sorted(one.path.removeprefix("/fhir/").partition("&_count=")[0] for one in self.asked)

    def find(self, path: str) -> Answered:
        below = path.removeprefix("/fhir/")
        found = next((one for start, one in self.answers.items() if below.startswith(start)), None)
        if found is None:
            return Answered({"resourceType": "OperationOutcome", "issue": []}, 404)
        return found if isinstance(found, Answered) else Answered(found)

    def run(self) -> None:
        self._server.serve_forever(0.01)

    def stop(self) -> None:
        for one in self.answers.values():
            if isinstance(one, Answered) and one.held:
                one.held.set()
        self._server.shutdown()
        self._server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        """Whoever asked hung up before the answer; some tests are about just that."""


def _handler(ehr: Ehr) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            ehr.asked.append(Asked(self.path, dict(self.headers)))
            ehr.arrived.set()
            answer = ehr.find(self.path)
            if answer.held:
                answer.held.wait(_SAFETY_SECONDS)
            if answer.together:
                try:
                    answer.together.wait(_SAFETY_SECONDS)
                except BrokenBarrierError:
                    answer = Answered(status=500)
            body = answer.content if isinstance(answer.content, bytes) else json.dumps(answer.content).encode()
            self.send_response(answer.status)
            for name, value in ({"Content-Length": str(len(body))} | answer.headers).items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            return

    return Handler


@contextmanager
def running() -> Iterator[Ehr]:
    ehr = Ehr()
    thread = Thread(target=ehr.run)
    thread.start()
    try:
        yield ehr
    finally:
        ehr.stop()
        thread.join()


def served(ehr: Ehr, prefetch: Json, templates: dict[str, str], patient: str) -> None:
    """Lay in what a prefetch holds as the answers to its own templates."""
    for key, template in templates.items():
        asked = template.replace("{{context.patientId}}", patient).partition("&")[0]
        ehr.answers[asked] = prefetch.get(key) or {"resourceType": "Bundle", "type": "searchset"}
