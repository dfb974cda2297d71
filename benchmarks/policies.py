"""`make bench-policies`: a folder of thousands of policies of mixed kinds: CPU of its start, and time of the choice.

The policies are those of the program and of the examples, copied under other names, each for a drug of its own. There
is CPU of reading the folder, of compiling it, and of the start of a service from that, and the time to judge an order,
with all of them on file against the few that they are made of, interleaved, as the ratio of medians.
"""

import logging
import re
import sys
import tempfile
from pathlib import Path
from statistics import median
from time import perf_counter, process_time

from click.testing import CliRunner

from cds_service.app.container import from_environment
from cds_service.application import create_app
from cds_service.commands.policy_sets import compile_folder
from fhir_mappings.cases.case_runner import judged
from fhir_mappings.cases.drawn_case import Drawn, draw_case
from fhir_mappings.judgement.judge import Judge
from policies import catalogue
from policies.catalogue import Catalogue
from policies.testcases import reader

OWN = Path(catalogue.__file__).parent
EXAMPLES = OWN / "examples"
MANY = 5_000
ROUNDS = 200
MOST_CPU_SECONDS = 5.0
MOST_FOR_MANY = 1.05
TABLE = "2026-12-31"


def sources() -> list[tuple[str, Path]]:
    """The newest file of each policy that copies are made of, with its id."""
    folders = sorted(one for home in (OWN, EXAMPLES) for one in (home / "data").iterdir() if one.is_dir())
    return [(one.name, max(one.glob("*.yaml"))) for one in folders]


def write(home: Path, number: int) -> None:
    """Write a folder of so many policies, each for a drug of its own, with one drug table for all."""
    (home / "value_sets").mkdir(parents=True)
    (home / "cases").mkdir()
    for file in (EXAMPLES / "value_sets").glob("*.yaml"):
        (home / "value_sets" / file.name).write_text(file.read_text("utf-8"), "utf-8")
    known = sources()
    drugs = [f"version: {TABLE}", 'title: "Many"', 'says: "Made."', "beside: 2026-12-02", "drugs:"]
    for index in range(number):
        name, file = known[index % len(known)]
        text = file.read_text("utf-8")
        if index >= len(known):
            text = _copy(text, name, f"copy-{index}", drugs)
            name = f"copy-{index}"
        folder = home / "data" / name
        folder.mkdir(parents=True)
        (folder / file.name).write_text(text, "utf-8")
    (home / "value_sets" / f"drugs.{TABLE}.yaml").write_text("\n".join(drugs) + "\n", "utf-8")


def _copy(text: str, name: str, other: str, drugs: list[str]) -> str:
    """Return a policy under another name, for a drug that is added to the table."""
    drugs.append(
        f'  {other}:\n    name: "{other}"\n    codes:\n      - {{system: RXNORM, code: "99{int(other[5:]):06d}", '
        f'display: "{other}", confidence: verified, source: "made"}}'
    )
    text = re.sub(rf"^id: {name}$", f"id: {other}", text, count=1, flags=re.MULTILINE)
    text = re.sub(r"^  drug: .*$", f"  drug: {other}", text, count=1, flags=re.MULTILINE)
    text = re.sub(r"^  billing: .*\n", "", text, count=1, flags=re.MULTILINE)
    text = re.sub(r"^( *)bill: .*\n", "", text, flags=re.MULTILINE)
    return re.sub(r"^  drugs: .*$", f"  drugs: {TABLE}", text, count=1, flags=re.MULTILINE)


def drawn(known: Catalogue) -> list[Drawn]:
    """The cases of one example, drawn: the same orders are judged by both catalogues."""
    return [draw_case(case, known) for case in reader.load(known, EXAMPLES / "cases") if case.policy == "mepolizumab"]


def ratio(few: Catalogue, many: Catalogue, rounds: int) -> float:
    """The median time to judge the cases with many policies on file, over that with few."""
    cases, judges, taken = drawn(few), (Judge(few), Judge(many)), ([], [])
    for _ in range(rounds):
        for judge, times in zip(judges, taken, strict=True):
            start = perf_counter()
            for case in cases:
                judged(case, judge)
            times.append(perf_counter() - start)
    return median(taken[1]) / median(taken[0])


def measured(home: Path, number: int, rounds: int) -> bool:
    """Write so many policies, read them and judge by them; print what it took, and return whether the bounds hold."""
    write(home, number)
    start = process_time()
    many = catalogue.load(home)
    print(f"{len(many.all)} policies: read from their files in {process_time() - start:.1f} s of CPU", flush=True)
    start = process_time()
    run = CliRunner().invoke(compile_folder, ["--folder", str(home)], catch_exceptions=False)
    print(f"compiled, with every form written, in {process_time() - start:.1f} s (once a change)", flush=True)
    started = _started(home)
    found = ratio(catalogue.load(EXAMPLES), many, rounds)
    print(f"start from the compiled form, all that serves: {started:.1f} s (bound {MOST_CPU_SECONDS:.0f} s)")
    print(f"an order is judged in {found:.3f} of the time with few policies (bound {MOST_FOR_MANY})")
    return run.exit_code == 0 and started <= MOST_CPU_SECONDS and found <= MOST_FOR_MANY


def _started(home: Path) -> float:
    """Return the CPU seconds of making the whole application, as a server does at its start."""
    start = process_time()
    container = from_environment({"CDS_POLICIES_FOLDER": str(home), "CDS_DATABASE_URL": "sqlite://"}, home)
    create_app(container)
    if not container.forms_are_proven:
        raise SystemExit("the compiled form was not used")
    return process_time() - start


def main() -> int:
    logging.disable(logging.CRITICAL)
    number = int(sys.argv[1]) if len(sys.argv) > 1 else MANY
    with tempfile.TemporaryDirectory() as folder:
        return int(not measured(Path(folder) / "many", number, ROUNDS))


if __name__ == "__main__":
    sys.exit(main())
