"""The project's lists of what the standards ask (docs/*.csv), read strictly.

`requirements.csv` lists requirements of the standards, `certification.csv` what the public certification tests assert,
`ideas.csv` ideas of black-box tests that were drawn from the standards; all in our own words. A row is "tested", or it
says why not.
"""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
TESTED, NOT_YET = "tested", "not yet"
STATES = (TESTED, NOT_YET, "operator", "not applicable")
WHO = ("server", "operator", "not applicable")
LISTS = (
    ("requirement", "requirements.csv"),
    ("certification", "certification.csv"),
    ("idea", "ideas.csv"),
)
"""The marker by which tests name the rows of each list, and its file."""
COLUMNS = ("id", "standard", "strength", "who", "says", "status", "reason")


@dataclass(frozen=True, slots=True)
class Row:
    """One thing that is asked: where, how strongly, of whom, in our words, and what became of it."""

    id: str
    standard: str
    strength: str
    who: str
    says: str
    status: str
    reason: str

    @property
    def binds(self) -> bool:
        """Whether the server must do it."""
        return self.who == "server" and ("SHALL" in self.strength or self.strength.startswith("required"))


@dataclass(frozen=True, slots=True)
class Ledger:
    """One list: the marker by which tests name its rows, and the rows in their order."""

    marker: str
    file: str
    rows: tuple[Row, ...]


def ledgers(folder: Path = DOCS) -> tuple[Ledger, ...]:
    """Read the lists; raises ValueError for a file without the columns."""
    return tuple(Ledger(marker, file, tuple(_rows(folder / file))) for marker, file in LISTS)


def _rows(path: Path) -> Iterator[Row]:
    with path.open(encoding="utf-8", newline="") as text:
        lines = csv.reader(text, strict=True)
        if tuple(next(lines, ())) != COLUMNS:
            raise ValueError(f"{path.name}: its first line must be {','.join(COLUMNS)}")
        for number, line in enumerate(lines, 2):
            if len(line) != len(COLUMNS):
                raise ValueError(f"{path.name}, row {number}: {len(line)} columns, and not {len(COLUMNS)}")
            yield Row(*line)
