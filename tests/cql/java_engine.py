"""`make cql-java`: run the logic in the Java engine too, over charts and variants, beside the other and the reader.

Wherever either engine answers, both and the reader must say the same. Needs Java 17 or newer and Maven, which brings
the engine (`tests/cql/java/pom.xml`); it is a check of its own, since most of its time goes into Java.
"""

import json
import subprocess
import sys
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from tests.cql.charts_to_run import Run, agreed_on, all_runs, example_runs
from tests.cql.engine import FOLDER, OF_EXAMPLES, Answers, answers, charts_of
from tests.cql.variants import example_variants, variants
from tests.maven import class_path, programs

HERE = Path(__file__).parent / "java"
_CHARTS = 2_000
"""The most charts, spread evenly over all that there are: the Java engine takes its time."""
_NOTHING_TO_RUN_IT = 3


@dataclass(frozen=True)
class Compared:
    """What came of a chart: where somebody says otherwise, how many answers there are, whether it could be read."""

    differences: tuple[str, ...] = ()
    given: int = 0
    unread: bool = False


def command(found: str, folder: Path = FOLDER) -> list[str]:
    """Return the command that runs the logic of a folder over the charts that it reads."""
    return ["java", "-XX:+UseSerialGC", "-cp", found, str(HERE / "RunLogic.java"), str(folder)]


def java_answers(runs: Iterable[Run], folder: Path = FOLDER) -> Answers:
    """Run the logic over charts in the Java engine, all in one process; raises CalledProcessError."""
    run = command(class_path(HERE), folder)
    done = subprocess.run(run, input=charts_of(runs), stdout=subprocess.PIPE, check=True)
    return dict(json.loads(done.stdout))


def compared(run: Run, java: dict[str, Any], script: dict[str, Any]) -> Compared:
    """Compare what both engines and the reader say of a chart."""
    if "unread" in java:
        return Compared(unread=True)
    if "error" in java:
        return Compared((f"{run.id}: the Java engine fails: {java['error']}",))
    findings = run.findings()
    lacking = findings.keys() - java.keys()
    differences = [f"{run.id}: {name} is not run" for name in sorted(lacking)]
    given = 0
    for name, finding in findings.items():
        said = java.get(name)
        mapped, other = agreed_on(finding), script.get(name)
        given += said is not None
        if (said, isinstance(said, bool)) != (other, isinstance(other, bool)):
            differences.append(f"{run.id}: {name}: Java says {said}, the script {other}")
        elif said is not None and (said, isinstance(said, bool)) != (mapped, isinstance(mapped, bool)):
            differences.append(f"{run.id}: {name}: both engines say {said}, the reader {mapped}")
    return Compared(tuple(differences), given)


def spread(runs: tuple[Run, ...], number: int) -> tuple[Run, ...]:
    """Return so many charts, evenly over all; all of them if there are no more."""
    return runs[:: max(1, len(runs) // number)]


def once(run: Run) -> Run:
    """Return a chart with each resource once, as a record system holds it; what comes twice is read by other tests."""
    return replace(run, resources=tuple(one for at, one in enumerate(run.resources) if one not in run.resources[:at]))


def lines(each: list[Compared]) -> Iterator[str]:
    """Write the result for people."""
    for one in each:
        yield from one.differences
    read = [one for one in each if not one.unread]
    unread, differing = len(each) - len(read), sum(bool(one.differences) for one in read)
    given = sum(one.given for one in read)
    yield f"{len(read)} charts in both engines and the reader: {given} answers, {differing} charts differ"
    yield f"{unread} more hold what no record system written in Java could keep"


def _compared(runs: tuple[Run, ...], folder: Path) -> Iterator[Compared]:
    with ThreadPoolExecutor(1) as beside:
        asked = beside.submit(java_answers, runs, folder)
        script, java = answers(runs, folder), asked.result()
    yield from (compared(run, java[run.id], script[run.id]) for run in runs)


def main(number: int = _CHARTS) -> int:
    """Run the check; returns 0 if all agree."""
    if not programs():
        sys.stdout.write("Java and Maven are not here, so that the logic was not run in the Java engine.\n")
        return _NOTHING_TO_RUN_IT
    own = tuple(map(once, spread((*all_runs(), *variants()), number)))
    examples = tuple(map(once, spread((*example_runs(), *example_variants()), number)))
    each = [*_compared(own, FOLDER), *_compared(examples, OF_EXAMPLES)]
    sys.stdout.write("\n".join((*lines(each), "")))
    return 1 if any(one.differences for one in each) else 0


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if sys.argv[1:] else _CHARTS))
