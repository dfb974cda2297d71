"""The reference translator and the reference engine, as npm brings them (`make cql-tools`)."""

import json
import shutil
import subprocess
from collections.abc import Iterable
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import msgspec

from tests.cql.charts_to_run import EXAMPLES, Run, agreed_on

HERE = Path(__file__).parent
FOLDER = HERE.parent.parent / "fhir_mappings" / "cql" / "compiled"
OF_EXAMPLES = EXAMPLES / "logic"
Answers = dict[str, dict[str, Any]]
_ENCODER = msgspec.json.Encoder(decimal_format="number")


@cache
def node() -> str:
    """Return the command; raises FileNotFoundError if the tools are not set up."""
    found = shutil.which("node")
    if found is None or not (HERE / "node_modules" / "cql-execution").is_dir():
        raise FileNotFoundError("the tools for CQL are not set up: run `make cql-tools` (Node 20 and npm)")
    return found


def compile_all(folder: Path) -> None:
    """Compile every CQL of a folder; raises CalledProcessError with the faults on stderr."""
    subprocess.run([node(), str(HERE / "compile.mjs"), str(folder)], check=True)


def charts_of(runs: Iterable[Run]) -> bytes:
    """Return charts as both engines read them."""
    charts = [
        {
            "id": one.id,
            "library": f"{one.policy.id}.{one.policy.version}",
            "today": one.today,
            "patient": one.patient,
            "resources": one.resources,
        }
        for one in runs
    ]
    return _ENCODER.encode(charts)


def answers(runs: Iterable[Run], folder: Path = FOLDER) -> Answers:
    """Run the logic over charts, all in one process; charts that are the same are run once."""
    alike: dict[bytes, list[Run]] = {}
    for run in runs:
        alike.setdefault(charts_of([replace(run, id="")]), []).append(run)
    command = [node(), "--max-semi-space-size=64", str(HERE / "run.mjs"), str(folder)]
    different = charts_of(same[0] for same in alike.values())
    done = subprocess.run(command, input=different, capture_output=True, check=True)
    assert done.stderr == b"", done.stderr.decode()
    told = json.loads(done.stdout)
    return {run.id: told[same[0].id] for same in alike.values() for run in same}


def against_mapping(runs: Iterable[Run], told: Answers) -> list[tuple[Run, str, Any, Any]]:
    """Return (chart, fact, what the logic says, what the mapping says); None is open."""
    return [
        (run, name, told[run.id].get(name), agreed_on(finding))
        for run in runs
        for name, finding in run.findings().items()
    ]
