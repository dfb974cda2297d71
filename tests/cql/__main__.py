"""`make cql`: write the logic of every policy anew, compile it, and write down what it answers (docs/population.md)."""

import sys
from pathlib import Path

from fhir_mappings.cql.shipped import file_name
from fhir_mappings.cql.writer import written
from policies import catalogue
from tests.cql.charts_to_run import all_runs
from tests.cql.engine import FOLDER, against_mapping, answers, compile_all
from tests.cql.share import Share
from tests.cql.summary import PAGE, with_summary


def write(folder: Path) -> None:
    """Write CQL and ELM of every policy on file into a folder; raises CalledProcessError for CQL with faults."""
    on_file = catalogue.load()
    for policy in on_file.all:
        cql = written(policy, on_file.terminology)
        (folder / file_name(policy, "cql")).write_text(cql, encoding="utf-8")
    compile_all(folder)


if __name__ == "__main__":
    for old in (*FOLDER.glob("*.cql"), *FOLDER.glob("*.elm.json")):
        old.unlink()
    write(FOLDER)
    told = answers(all_runs())
    compared = against_mapping(all_runs(), told)
    PAGE.write_text(with_summary(PAGE.read_text(encoding="utf-8"), compared), encoding="utf-8")
    sys.stdout.write("\n".join((*Share.of(all_runs(), told).lines(), "")))
