"""`make cql`: write the logic of every policy anew, compile it, and write down what it answers (docs/population.md)."""

import sys
from pathlib import Path

from fhir_mappings.cql.shipped import file_name
from fhir_mappings.cql.writer import written
from tests.cql.charts_to_run import EXAMPLES, all_runs, example_runs, on_file
from tests.cql.engine import FOLDER, OF_EXAMPLES, against_mapping, answers, compile_all
from tests.cql.share import Share
from tests.cql.summary import LEFT_OPEN, PAGE, left_open, with_summary


def write(folder: Path, home: Path | None = None) -> None:
    """Write CQL and ELM of every policy on file into a folder; raises CalledProcessError for CQL with faults.

    The policies are those of the folder `home`, by default those that ship.
    """
    known = on_file(home)
    for policy in known.all:
        cql = written(policy, known.terminology)
        (folder / file_name(policy, "cql")).write_text(cql, encoding="utf-8")
    compile_all(folder)


if __name__ == "__main__":
    for folder, home in ((FOLDER, None), (OF_EXAMPLES, EXAMPLES)):
        folder.mkdir(exist_ok=True)
        for old in (*folder.glob("*.cql"), *folder.glob("*.elm.json")):
            old.unlink()
        write(folder, home)
    told = answers(all_runs())
    compared = against_mapping(all_runs(), told)
    compared += against_mapping(example_runs(), answers(example_runs(), OF_EXAMPLES))
    PAGE.write_text(with_summary(PAGE.read_text(encoding="utf-8"), compared), encoding="utf-8")
    LEFT_OPEN.write_text(left_open(compared), encoding="utf-8")
    sys.stdout.write("\n".join((*Share.of(all_runs(), told).lines(), "")))
