"""`python -m tests.validation FOLDER`: hold what a run of the tests has kept in a folder to the rules, and print it."""

import sys
from pathlib import Path

from tests.validation.report import Report, kept

if __name__ == "__main__":
    report = Report.on(kept(Path(sys.argv[1])))
    sys.stdout.write("\n".join((*report.lines(), "")))
    sys.exit(bool(report.faults))
