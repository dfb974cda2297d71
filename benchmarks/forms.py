"""`make bench`, second part: a form for a known context, as medians and as ratios to the floor of the same run.

The floor reads as much as the call brings and writes as much as it is answered with.
"""

from collections.abc import Callable, Iterator, Sequence
from statistics import median
from time import perf_counter
from typing import Any

import orjson
from flask import Flask, Response, request
from werkzeug.test import Client

from benchmarks.bodies import call

MOST_MS = 50.0
URL = "/fhir/Questionnaire/$questionnaire-package"
NEXT = "/fhir/Questionnaire/$next-question"
HERE = {"REMOTE_ADDR": "127.0.0.1"}
"""While no client is registered, forms are had on this machine only."""
Json = dict[str, Any]


def floor_app(url: str, answer: bytes) -> Flask:
    """Return an application that reads a body at an address and sends these bytes."""
    app = Flask("floor")

    @app.post(url)
    def floor() -> Response:
        orjson.loads(request.get_data(cache=False))
        return Response(answer, content_type="application/fhir+json")

    return app


def signed(client: Client, patient: str, size: int) -> str:
    """Sign an order of a patient of their own, and return the assertion id."""
    body = call(size).replace(b"Patient/bench", f"Patient/{patient}".encode())
    own = body.replace(b'"bench"', f'"{patient}"'.encode())
    reply = client.post("/cds-services/order-sign-crd", data=own, content_type="application/json")
    return next(_ids(reply.get_json()["systemActions"]))


def _ids(found: Any) -> Iterator[str]:
    if isinstance(found, dict):
        if found.get("url") == "coverage-assertion-id":
            yield found["valueString"]
        found = list(found.values())
    for one in found if isinstance(found, list) else ():
        yield from _ids(one)


def _once(client: Client, body: bytes) -> tuple[float, bytes]:
    begun = perf_counter()
    reply = client.post(URL, data=body, content_type="application/fhir+json", environ_base=HERE)
    taken = perf_counter() - begun
    if reply.status_code != 200:
        raise SystemExit(f"a package failed: {reply.status_code}")
    return taken * 1000, reply.data


def _asked(name: str) -> bytes:
    return orjson.dumps({"resourceType": "Parameters", "parameter": [{"name": "context", "valueString": name}]})


def _draft(client: Client, name: str) -> bytes:
    """Return the draft of the adaptive form of a determination."""
    form = "http://127.0.0.1:8000/fhir/Questionnaire/margetuximab-initial-adaptive"
    named = [{"name": "context", "valueString": name}, {"name": "questionnaire", "valueCanonical": form}]
    body = orjson.dumps({"resourceType": "Parameters", "parameter": named})
    reply = client.post(URL, data=body, content_type="application/fhir+json", environ_base=HERE).get_json()
    inside = (one["resource"] for one in reply["entry"])
    return orjson.dumps(next(one for one in inside if one["resourceType"] == "QuestionnaireResponse"))


def _steps(client: Client, draft: bytes, rounds: int) -> float:
    """Return the median milliseconds of a first step."""
    times: list[float] = []
    for _ in range(rounds):
        begun = perf_counter()
        reply = client.post(NEXT, data=draft, content_type="application/fhir+json", environ_base=HERE)
        times.append((perf_counter() - begun) * 1000)
        if reply.status_code != 200:
            raise SystemExit(f"a step failed: {reply.status_code}")
    return median(times)


def report(app: Callable[..., Any], rounds: int, sizes: Sequence[tuple[str, int]]) -> bool:
    """Print the milliseconds of the first pull and of later ones, by the size of the call that was signed."""
    print(f"\nA form for a known context: floor, first pull, later ones (bound {MOST_MS:.0f} ms), adaptive step, ms\n")
    print("  signed     floor     first     later  ratio      step")
    held = True
    for name, size in sizes:
        client = Client(app)
        signature = signed(client, f"form{size}", size)
        body = _asked(signature)
        first, answer = _once(client, body)
        floor = Client(floor_app(URL, answer))
        times = [(_once(floor, body)[0], _once(client, body)[0]) for _ in range(rounds)]
        least, later = (median(column) for column in zip(*times, strict=True))
        held &= later < MOST_MS
        step = _steps(client, _draft(client, signature), rounds)
        print(f"{name:>8} {least:>9.3f} {first:>9.2f} {later:>9.2f} {later / least:>6.1f} {step:>9.2f}")
    return held
