"""The whole loop of the demonstration, over HTTP: from a signed order to its number, and what each side sees of it.

The order is signed, its form answered, a prior authorization requested; a reviewer approves at the desk, the practice
is notified, and the order signed again answers with the number.
"""

import json
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

from cds_service.certification.pas_bundles import subscription
from cds_service.demonstration.request import request_bundle
from cds_service.http.http_client import Session
from fhir_mappings.coverage.coverage_information import EXTENSION

Json = dict[str, Any]
REVIEWER = "demo"
SAMPLE = "08"
"""The sample that is signed: one question is open."""
ANSWERS = {"ecog": 1}
"""What is answered in its form, by the fact."""
_SECONDS_TO_NOTIFY = 30


class LoopError(Exception):
    """A step of the loop was not answered as it must be; the message says which."""


@dataclass(frozen=True, slots=True)
class Practice:
    """The practice that is notified, on this machine: its address, and the notifications that came."""

    url: str
    came: list[Json] = field(default_factory=list)

    def decision(self) -> str | None:
        """Return the action that the newest notified answer names; None while none came."""
        answers = [entry["resource"] for one in self.came for entry in one["entry"][1:]]
        return _actions(answers[-1])[0] if answers else None


@contextmanager
def practice() -> Iterator[Practice]:
    """Listen for notifications on a free port of this machine."""
    came: list[Json] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            came.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            return

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield Practice(f"http://127.0.0.1:{server.server_port}/notices", came)
        server.shutdown()
        thread.join()


@dataclass(frozen=True, slots=True)
class Loop:
    """Walks the loop against a service at `base`; `password` is the reviewer's."""

    http: Session
    base: str
    password: str

    def walk(self, call: Json) -> Iterator[str]:
        """Yield a line for each step, once it is done; raises LoopError."""
        order, reply = self._signed(call)
        yield f"signed      {reply['pa-needed']}, determination {reply['coverage-assertion-id'][:8]}"
        ruling = self._answer(reply["coverage-assertion-id"])
        yield f"form        answered ({', '.join(f'{name}: {value}' for name, value in ANSWERS.items())}): {ruling}"
        with practice() as receiver:
            self._post("/fhir/pas/Subscription", subscription(receiver.url), 201)
            answer = self._post("/fhir/pas/Claim/$submit", request_bundle(order, call, _now()))
            name = answer["entry"][0]["resource"]["id"]
            yield f"submitted   {' '.join(_actions(answer))}: a person decides"
            yield f"reviewed    approved by {REVIEWER} at {self._decided(name)}"
            yield f"notified    {self._notified(receiver)}, with the full answer"
        yield f"signed      again: {self._signed(call)[1]['satisfied-pa-id']}"

    def _signed(self, call: Json) -> tuple[Json, dict[str, str]]:
        """Sign the order; return it as it is answered, and its coverage information by the names of its parts."""
        reply = self._post(f"/cds-services/{call['hook']}-crd", call)
        for action in reply.get("systemActions", ()):
            for one in action["resource"].get("extension", ()):
                if one["url"] == EXTENSION:
                    return action["resource"], dict(_parts(one))
        raise LoopError("the signed order was not answered with coverage information")

    def _answer(self, determination: str) -> str:
        """Answer the form of a determination; return what is ruled then."""
        asked = {"resourceType": "Parameters", "parameter": [{"name": "context", "valueString": determination}]}
        package = self._post("/fhir/Questionnaire/$questionnaire-package", asked)
        draft = next(one for one in _inside(package) if one.get("resourceType") == "QuestionnaireResponse")
        now = {"status": "completed", "authored": _now(), "item": [_answered(one) for one in draft["item"]]}
        self._post("/fhir/QuestionnaireResponse", draft | now, 201)
        return str(self._read(f"/determinations/{determination}").json()["ruling"])

    def _decided(self, name: str) -> str:
        """Approve at the desk, as a reviewer's browser does; return the address of the case."""
        own = {"Origin": self.base}
        self.http.post(f"{self.base}/review/sign-in", {"name": REVIEWER, "password": self.password}, headers=own)
        page = self._read(f"/review/{name}").text
        csrf = re.search(r'name="csrf" value="([^"]+)"', page)
        if csrf is None:
            raise LoopError("the desk let nobody in")
        verdict = {"csrf": csrf[1], "sequence": "1", "act": "approved"}
        reply = self.http.post(f"{self.base}/review/{name}/decision", verdict, headers=own)
        if not reply.ok:
            raise LoopError(f"the desk answered with HTTP {reply.status_code}")
        return f"{self.base}/review/{name}"

    def _notified(self, receiver: Practice) -> str:
        until = time.monotonic() + _SECONDS_TO_NOTIFY
        while (found := receiver.decision()) is None:
            if time.monotonic() > until:
                raise LoopError(f"no notification came in {_SECONDS_TO_NOTIFY} seconds")
            time.sleep(0.2)
        return found

    def _read(self, path: str) -> Any:
        return self.http.get(f"{self.base}{path}")

    def _post(self, path: str, content: Json, status: int = 200) -> Json:
        reply = self.http.post(f"{self.base}{path}", json=content)
        if reply.status_code != status:
            raise LoopError(f"{path} was answered with HTTP {reply.status_code}")
        return dict(reply.json())


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


def _parts(extension: Json) -> Iterator[tuple[str, str]]:
    for part in extension["extension"]:
        value = next((value for name, value in part.items() if name.startswith("value")), "")
        yield part["url"], str(value)


def _actions(answer: Json) -> list[str]:
    """Return the action on each item of an answer, as code and words."""
    found = []
    for item in answer["entry"][0]["resource"].get("item", ()):
        parts = item["adjudication"][0]["extension"][0]["extension"]
        coding = next(one["valueCodeableConcept"] for one in parts if one["url"].endswith("reviewActionCode"))
        found.append(f"{coding['coding'][0]['code']} {coding['coding'][0]['display']}")
    return found


def _inside(value: Any) -> Iterator[Json]:
    """Yield every object in a value, whatever it lies in."""
    if isinstance(value, list):
        for one in value:
            yield from _inside(one)
    elif isinstance(value, dict):
        yield value
        yield from _inside(list(value.values()))


def _answered(item: Json) -> Json:
    """Return an item of a form with its answers, and those of the items in it."""
    inner = {"item": [_answered(one) for one in item["item"]]} if "item" in item else {}
    given = {"answer": [{"valueInteger": ANSWERS[item["linkId"]]}]} if item["linkId"] in ANSWERS else {}
    return item | inner | given
