"""`make conformance`: tells what is wrong with the lists, and writes docs/conformance.md."""

import sys

from tests.conformance.checking import faults
from tests.conformance.ledger import ledgers
from tests.conformance.page import PAGE, marks, written


def main() -> int:
    carried = marks()
    found = [fault for ledger in ledgers() for fault in faults(ledger, carried)]
    PAGE.write_text(written(), encoding="utf-8")
    for fault in found:
        sys.stderr.write(f"{fault}\n")
    sys.stdout.write(f"{PAGE.name} is written; {len(found)} faults\n")
    return bool(found)


if __name__ == "__main__":
    sys.exit(main())
