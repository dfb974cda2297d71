"""`make cql`: write the logic of every policy anew, and compile it."""

import subprocess
import sys
from pathlib import Path

from fhir_mappings.population.artefacts import file_name
from fhir_mappings.population.writing import written
from policies import catalogue

HERE = Path(__file__).parent
FOLDER = HERE.parent.parent / "fhir_mappings" / "population" / "artefacts"


def write(folder: Path) -> None:
    """Write CQL and ELM of every policy on file into a folder; raises CalledProcessError for CQL with faults."""
    on_file = catalogue.load()
    for policy in on_file.all:
        cql = written(policy, on_file.terminology)
        (folder / file_name(policy, "cql")).write_text(cql, encoding="utf-8")
    subprocess.run(["node", str(HERE / "compile.mjs"), str(folder)], check=True)


if __name__ == "__main__":
    for old in (*FOLDER.glob("*.cql"), *FOLDER.glob("*.elm.json")):
        old.unlink()
    write(FOLDER)
    sys.exit(0)
