"""Every form filled in by HAPI's clinical reasoning ($populate), with our FHIR bases as its content endpoint.

`make cql-populate`, a check of its own. Every expression of every form must run, and what is filled in must be what the
script engine and the reader say of the chart on the day of the run, which is the only day that the operation knows.
"""

import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from fhir_mappings.cql.expressions import INITIAL
from tests.cql.charts_to_run import EXAMPLES, Json, Run, agreed_on, all_runs, example_runs
from tests.cql.engine import FOLDER, OF_EXAMPLES, Answers, answers, charts_of
from tests.front.serving import sent, served
from tests.maven import class_path

HERE = Path(__file__).parent / "populate"
PATHS = ("/fhir", "/fhir/dtr/2.0.1")
_CHARTS = 1
"""So many charts a form, the fullest: the operation compiles the logic anew for each question."""


@dataclass(frozen=True)
class Form:
    """A form as it is served: its canonical, its policy's id and version, the questions with an expression of CQL."""

    url: str
    policy: str
    version: str
    questions: frozenset[str]


def forms_at(port: int, path: str) -> Iterator[Form]:
    """Read the forms with logic that a base serves."""
    found = json.loads(sent(port, "GET", f"{path}/Questionnaire?_count=1000")[2])
    for one in (entry["resource"] for entry in found["entry"]):
        questions = frozenset(_with_logic(one.get("item", ())))
        if questions:
            policy = one["id"].removesuffix("-adaptive").rpartition("-")[0]
            yield Form(f"{one['url']}|{one['version']}", policy, one["version"], questions)


def _with_logic(items: Any) -> Iterator[str]:
    for one in items:
        if any(extension["url"] == INITIAL for extension in one.get("extension", ())):
            yield one["linkId"]
        yield from _with_logic(one.get("item", ()))


def charts_for(form: Form, runs: tuple[Run, ...], number: int) -> tuple[Run, ...]:
    """Return so many charts over which a form is filled in, as a record system holds them today."""
    today = datetime.now(UTC).date()
    own = [
        one for one in runs if (one.policy.id, str(one.policy.version)) == (form.policy, form.version) and _kept(one)
    ]
    fullest = sorted(own, key=lambda one: (-len(one.resources), one.id))[:number]
    return tuple(replace(one, today=today, resources=_kept(one)) for one in fullest)


def _kept(run: Run) -> tuple[Json, ...]:
    """Each resource once, or nothing of a chart in which two share an id: no record system holds such."""
    each = {(one.get("resourceType"), one.get("id")): one for one in run.resources}
    same = all(each[one.get("resourceType"), one.get("id")] == one for one in run.resources)
    return tuple(each.values()) if same and all(isinstance(one.get("id"), str) for one in run.resources) else ()


@dataclass(frozen=True)
class Filled:
    """What came of a form over a chart: how many expressions, how many were answered, what is wrong."""

    expressions: int = 0
    answered: int = 0
    wrong: tuple[str, ...] = ()


def compared(form: Form, run: Run, said: Json, script: Json) -> Filled:
    """Hold what HAPI filled in against the script engine and the reader."""
    if "unread" in said:
        return Filled()
    findings, where = run.findings(), f"{form.url}: {run.id}"
    wrong = [f"{where}: {one}" for one in said["failed"]]
    for name in sorted(form.questions):
        given, other, mapped = said["answers"].get(name), script.get(name), agreed_on(findings[name])
        if given != other or (given is not None and given != mapped):
            wrong.append(f"{where}: {name}: HAPI says {given}, the script {other}, the reader {mapped}")
    answered = sum(name in said["answers"] for name in form.questions)
    return Filled(len(form.questions), answered, tuple(wrong))


def _populated(found: str, base: str, pairs: list[tuple[Form, Run]]) -> Answers:
    charts = json.loads(charts_of(run for _, run in pairs))
    for number, ((form, _), chart) in enumerate(zip(pairs, charts, strict=True)):
        chart |= {"id": str(number), "form": form.url}
    command = ["java", "-XX:+UseSerialGC", "-cp", found, str(HERE / "Populate.java"), base]
    done = subprocess.run(command, input=json.dumps(charts).encode(), stdout=subprocess.PIPE, check=True)
    return dict(json.loads(done.stdout))


def filled(found: str, runs: tuple[Run, ...], number: int, logic: Path, *options: str) -> Iterator[Filled]:
    """Serve a folder's forms, and have them filled in; yields one result a form and chart."""
    with TemporaryDirectory() as folder, served(Path(folder), *options) as port:
        for path in PATHS:
            pairs = [(form, run) for form in forms_at(port, path) for run in charts_for(form, runs, number)]
            script = answers({run.id: run for _, run in pairs}.values(), logic)
            said = _populated(found, f"http://127.0.0.1:{port}{path}", pairs)
            yield from (compared(form, run, said[str(at)], script[run.id]) for at, (form, run) in enumerate(pairs))


def main(number: int = _CHARTS) -> int:
    """Run the check over so many charts a form; returns 0 if all ran and agree. Raises NotBroughtError."""
    found = class_path(HERE)
    each = [*filled(found, all_runs(), number, FOLDER)]
    each += filled(found, example_runs(), number, OF_EXAMPLES, "--folder", str(EXAMPLES))
    wrong = [line for one in each for line in one.wrong]
    expressions, answered = sum(one.expressions for one in each), sum(one.answered for one in each)
    sys.stdout.write("".join(f"{line}\n" for line in wrong))
    sys.stdout.write(
        f"$populate: {len(each)} forms over charts, {expressions} expressions, {answered} answers, {len(wrong)} wrong\n"
    )
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if sys.argv[1:] else _CHARTS))
