"""`make bench`: floor, decision and whole, interleaved in one run, as medians and ratios.

The floor is what nobody can avoid: read the body, `orjson.loads` it, an empty Flask reply. The decision is a call
without storing anything; the whole stores it (SQLite, a file). Signatures are not counted.
"""

import gc
import io
import logging
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from random import Random
from statistics import median
from time import perf_counter
from typing import Any, NamedTuple

import orjson
from flask import Flask, Response, request

from benchmarks import forms, requests
from benchmarks.bodies import call
from benchmarks.empty_register import Forgetting
from cds_service.app.container import Container, compose
from cds_service.app.settings import Settings
from cds_service.application import create_app
from cds_service.storage.engine import open_engine
from hooks.discovery import Services, services
from policies import catalogue
from policies.catalogue import Catalogue

MANY = 5_000
MOST_FOR_MANY = 1.05
ROUNDS = 31
TODAY = date(2026, 7, 1)
CQL_SERVICE_MS = {"10 KB": 129, "100 KB": 208, "1 MB": 858, "5 MB": 3570}
"""What the open CQL-based service took for one real rule set on a machine of this kind in 2026: not measured here."""

Wsgi = Callable[[dict[str, Any], Callable[..., Any]], Any]


class Size(NamedTuple):
    """Calls of about so many bytes, with what a decision, and the whole of a call, may take: ratios to the floor."""

    name: str
    bytes: int
    decision: float
    whole: float


SIZES = (
    Size("10 KB", 10_000, 5, 8),
    Size("100 KB", 100_000, 2, 3.2),
    Size("1 MB", 1_000_000, 0.8, 1.2),
    Size("5 MB", 5_000_000, 0.45, 0.65),
)


def floor_app() -> Wsgi:
    app = Flask("floor")

    @app.post("/cds-services/order-sign-crd")
    def floor() -> Response:
        orjson.loads(request.get_data(cache=False))
        return Response(b"{}", content_type="application/json")

    return app


def deciding(container: Container) -> Wsgi:
    return create_app(replace(container, services=_services(container, Forgetting())))


def _services(container: Container, register: Forgetting) -> Services:
    return services(replace(container.order_sign, register=register), container.catalogue)


def once(app: Wsgi, body: bytes) -> tuple[float, bytes]:
    """Call an application once, as a server does, and return the seconds, and the reply."""
    environ = {
        "REQUEST_METHOD": "POST",
        "PATH_INFO": "/cds-services/order-sign-crd",
        "SERVER_NAME": "127.0.0.1",
        "HTTP_HOST": "127.0.0.1:8000",
        "SERVER_PORT": "8000",
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(body),
        "wsgi.errors": sys.stderr,
        "CONTENT_LENGTH": str(len(body)),
        "CONTENT_TYPE": "application/json",
    }
    told: list[str] = []
    begun = perf_counter()
    reply = b"".join(app(environ, lambda status, *_: told.append(status)))
    taken = perf_counter() - begun
    if told != ["200 OK"]:
        raise SystemExit(f"a call failed: {told}")
    return taken, reply


def measured(apps: dict[str, Wsgi], body: bytes, rounds: int) -> tuple[dict[str, float], dict[str, float]]:
    """Return the median seconds of each application, called in turn, and of each step of a decision.

    Each round has an order of its own, since who comes after the store finds cold caches.
    """
    times: dict[str, list[float]] = {name: [] for name in apps}
    steps: dict[str, list[float]] = {}
    for app in apps.values():
        once(app, body)
    named, random = list(apps.items()), Random(1)
    for _ in range(rounds):
        random.shuffle(named)
        for name, app in named:
            taken, reply = once(app, body)
            times[name].append(taken)
            if name == "decision":
                for step, ms in orjson.loads(reply)["extension"]["cds-service.explain"]["ms"].items():
                    steps.setdefault(step, []).append(ms / 1000)
    return {name: median(all_) for name, all_ in times.items()}, {name: median(all_) for name, all_ in steps.items()}


def crowded(small: Catalogue, many: int) -> Catalogue:
    """Return a catalogue with so many policies: copies of one, each for a drug of its own."""
    model = small.all[0]
    copies = []
    for number in range(many - len(small.all)):
        product = replace(model.figures.product, drug=f"copy-{number}")
        copies.append(replace(model, id=f"copy-{number}", figures=replace(model.figures, product=product)))
    return Catalogue((*small.all, *copies), small.terminology)


def report(apps: dict[str, Wsgi], rounds: int, sizes: Sequence[Size]) -> bool:
    """Print the ratios of each size, and return whether they hold."""
    print(f"{rounds} rounds, interleaved, medians; ratios to the floor\n")
    print("    body  floor ms  decision  bound   whole  bound  many / few  open CQL service, ms (not measured here)")
    held, parts = True, []
    for size in sizes:
        taken, steps = measured(apps, call(size.bytes), rounds)
        floor = taken["floor"]
        decision, whole, many = taken["decision"] / floor, taken["whole"] / floor, taken["many"] / taken["decision"]
        held &= decision <= size.decision and whole <= size.whole and many <= MOST_FOR_MANY
        shown = f"{floor * 1000:>9.3f} {decision:>9.2f} {size.decision:>6} {whole:>7.2f} {size.whole:>6} {many:>11.2f}"
        print(f"{size.name:>8} {shown} {CQL_SERVICE_MS[size.name]:>21}")
        parts.append(f"{size.name:>8} " + "  ".join(f"{step} {ms / floor:.2f}" for step, ms in steps.items()))
    print("\nThe steps of a decision, as ratios to the floor (what is left over is the reply and Flask):\n")
    print("\n".join(parts))
    return held


def compared(folder: Path, rounds: int, many: int, sizes: Sequence[Size]) -> bool:
    """Measure everything, with so many policies against those that ship, and return whether all bounds hold."""
    small = catalogue.load()
    engine = open_engine(f"sqlite:///{folder / 'bench.sqlite'}")
    container = compose(Settings(), small, TODAY, engine)
    crowd = compose(Settings(), crowded(small, many), TODAY, engine)
    apps: dict[str, Wsgi] = {
        "floor": floor_app(),
        "decision": deciding(container),
        "whole": create_app(container),
        "many": deciding(crowd),
    }
    gc.collect()
    gc.freeze()
    held = report(apps, rounds, sizes)
    largest = max(one.bytes for one in sizes)
    held &= forms.report(apps["whole"], rounds, [(one.name, one.bytes) for one in sizes])
    held &= requests.report(apps["whole"], rounds, min(largest, requests.SIZE))
    engine.dispose()
    return held


def main() -> None:
    logging.disable(logging.CRITICAL)
    gc.set_threshold(50_000, 20, 100)
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS
    with tempfile.TemporaryDirectory() as folder:
        held = compared(Path(folder), rounds, MANY, SIZES)
    print("\nAll bounds hold." if held else "\nNot all bounds hold.")


if __name__ == "__main__":
    main()
