"""`make bench-peers`: the CPU of a signed order beside that of CQL engines, over the same charts in the same run.

The engines (JavaScript; Java where it and Maven are) run the logic that this service publishes for its own policy. They
read a chart and answer the facts that have logic; they judge no criteria, read no order, coverage or dose, and store
nothing. The service is measured doing those facts alone, and doing all of a call, stored in a file. What starting an
engine and compiling its logic take is left out: it is the same for any number of charts.
"""

import json
import logging
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from resource import RUSAGE_CHILDREN, getrusage
from time import process_time

from benchmarks.bodies import call
from benchmarks.stored import TODAY
from cds_service.app.container import Container, compose
from cds_service.app.settings import Settings
from cds_service.storage.engine import open_engine
from hooks.protocol.client import ANYONE
from policies.model.policy import Policy
from tests import maven
from tests.cql import java_engine
from tests.cql.charts_to_run import Run, on_file
from tests.cql.engine import FOLDER, HERE, charts_of, node

SIZES = (("10 KB", 10_000, 50, 450), ("1 MB", 1_000_000, 2, 8))
"""A name, the bytes of a call, and for how many charts engines are run: the difference counts."""
Engines = Sequence[tuple[str, Sequence[str]]]
POLICY = "margetuximab"


def chart_of(body: bytes, policy: Policy) -> Run:
    """Return the chart of a call."""
    prefetch = json.loads(body)["prefetch"].values()
    inner = [entry["resource"] for one in prefetch for entry in one.get("entry", ())]
    own = [one for one in prefetch if one["resourceType"] != "Bundle"]
    return Run("bench", policy, TODAY, (*own, *inner), "bench")


def several(run: Run, number: int) -> list[Run]:
    return [Run(f"{one}", run.policy, run.today, run.resources, run.patient) for one in range(number)]


def engine_cost(command: Sequence[str], run: Run, few: int, many: int) -> tuple[float, int]:
    """Return the CPU milliseconds of an engine a chart, and how many facts it answers."""
    spent = []
    for number in (few, many):
        before = getrusage(RUSAGE_CHILDREN)
        done = subprocess.run(command, input=charts_of(several(run, number)), stdout=subprocess.PIPE, check=True)
        after = getrusage(RUSAGE_CHILDREN)
        spent.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    told = json.loads(done.stdout)["0"]
    if "error" in told or "unread" in told:
        raise SystemExit(f"{command[0]}: {told}")
    return (spent[1] - spent[0]) / (many - few) * 1000, sum(one is not None for one in told.values())


def own_cost(work: Callable[[int], object], times: int) -> float:
    """Return the CPU milliseconds of this service for one piece of work, the first ones not counted."""
    for number in range(5):
        work(-number - 1)
    begun = process_time()
    for number in range(times):
        work(number)
    return (process_time() - begun) / times * 1000


def signing(container: Container, body: bytes) -> Callable[[int], object]:
    """Return what signs an order of another patient each time."""

    def sign(number: int) -> object:
        own = body.replace(b"Patient/bench", b"Patient/p%d" % number).replace(b'"bench"', b'"p%d"' % number)
        if not container.order_sign.answer(own, ANYONE).stored:
            raise SystemExit("a call was not stored")
        return None

    return sign


def engines() -> Iterator[tuple[str, Sequence[str]]]:
    """Yield the name of each engine that is here, and how it is run."""
    yield "JavaScript engine", (node(), "--max-semi-space-size=64", str(HERE / "run.mjs"), str(FOLDER), "once")
    if maven.programs():
        yield "Java engine", java_engine.command(maven.class_path(java_engine.HERE))
    else:
        print("Java or Maven is not here, so that the Java engine was not run")


def main() -> None:
    logging.disable(logging.CRITICAL)
    policy = on_file().versions(POLICY).on(TODAY)
    if policy is None or shutil.which("node") is None:
        raise SystemExit(f"no version of {POLICY} is in force on {TODAY}, or Node is not here")
    with tempfile.TemporaryDirectory() as folder:
        compared(Path(folder), policy, list(engines()), SIZES)


def compared(folder: Path, policy: Policy, found: Engines, sizes: Sequence[tuple[str, int, int, int]]) -> None:
    """Print the CPU of a call of each size, and of each engine over its chart."""
    engine = open_engine(f"sqlite:///{folder / 'peers.sqlite'}")
    container = compose(Settings(), on_file(), TODAY, engine)
    for name, size, few, many in sizes:
        body = call(size)
        run = chart_of(body, policy)
        facts = own_cost(lambda _, run=run: run.findings(), many - few)  # type: ignore[misc]
        whole = own_cost(signing(container, body), many - few)
        print(f"{name}: CPU ms; this service: {facts:.2f} for its facts, {whole:.2f} for a call judged and stored")
        for title, command in found:
            cost, answered = engine_cost(command, run, few, many)
            print(f"    {title}: {cost:.2f} for {answered} facts: {cost / whole:.1f} times a whole call", flush=True)
    engine.dispose()


if __name__ == "__main__":
    sys.exit(main())
