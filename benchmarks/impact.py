"""`make bench-impact`: what `cds-service impact` takes on made-up members, and what judging twice costs.

Members are the charts of the policy cases among vital signs, written as a Bulk Data export. Measured are members a
second with one process and with two, the largest memory of a process, and judging a member twice against once.
"""

import sys
import tempfile
from collections.abc import Sequence
from datetime import date
from itertools import islice
from pathlib import Path
from resource import RUSAGE_CHILDREN, RUSAGE_SELF, getrusage
from time import perf_counter, process_time

from benchmarks.members import write_draft, write_export
from cds_service.impact.comparison import Comparison
from cds_service.impact.local_engine import LocalEngine
from cds_service.impact.progress import Progress
from cds_service.impact.sources import Folder, lines_of
from cds_service.impact.work_folder import WorkFolder
from fhir_mappings.members import PolicyVersion, Record, drafted_order, judge, read_chart

POLICY, IN_FORCE, ON = "elranatamab", date(2025, 12, 11), date(2026, 6, 1)
CHANGES = (("at_most: 2}", "at_most: 1}"),)
FEW = 10_000
_SAMPLE = 200


def main() -> None:
    members = int(sys.argv[1])
    with tempfile.TemporaryDirectory() as folder:
        measured(Path(folder), members, (1, 2))


def measured(home: Path, members: int, workers: Sequence[int]) -> None:
    """Judge some of so many members, and all of them, with each of some numbers of processes; print what it took."""
    write_draft(home / "draft", POLICY, ON.isoformat(), CHANGES)
    before, after = PolicyVersion(POLICY, IN_FORCE), PolicyVersion(POLICY, ON, str(home / "draft"))
    compared = Comparison(before, after, ON)
    for number in dict.fromkeys((min(FEW, members), members)):
        size = write_export(home / f"{number}", number, POLICY)
        print(f"{number} members, {size / 1e6:.0f} MB of NDJSON")
        speeds = [run(home, home / f"{number}", compared, one) for one in workers]
        print(
            f"    {workers[-1]} processes against {workers[0]}: {speeds[-1] / speeds[0]:.2f} times (asked: 1.6 of 2)\n"
        )
    twice_against_once(home / f"{min(FEW, members)}", compared)


def run(home: Path, charts: Path, compared: Comparison, workers: int) -> float:
    """Judge an export, print what it took, and return members a second."""
    work = WorkFolder(home / "work")
    work.begin(f"{charts} {workers}")
    begun, cpu = perf_counter(), getrusage(RUSAGE_CHILDREN)
    members = sum(1 for _ in LocalEngine(str(charts), work, workers).rows(compared, Progress(lambda _: None)))
    taken, after = perf_counter() - begun, getrusage(RUSAGE_CHILDREN)
    work.end()
    seconds = after.ru_utime + after.ru_stime - cpu.ru_utime - cpu.ru_stime
    largest = after.ru_maxrss / 1024, getrusage(RUSAGE_SELF).ru_maxrss / 1024
    print(f"    {workers} processes: {members / taken:.0f} members/s, {members / taken / workers:.0f} a core")
    peaks = " and ".join(f"{one:.0f}" for one in largest)
    print(f"        CPU {seconds / members * 1000:.2f} ms a member; peak MB of a process and of the main one: {peaks}")
    return members / taken


def twice_against_once(charts: Path, compared: Comparison) -> None:
    """Print what a member costs that is read once and judged twice, against read and judged once."""
    members = list(_members(charts))
    once, twice = (cost(members, versions, compared.on) for versions in (compared.versions[:1], compared.versions))
    print(f"a member under two versions against one: {twice / once:.2f} times (asked for: at most 1.9)")


def _members(charts: Path) -> Sequence[tuple[str, list[Record]]]:
    found: dict[str, list[Record]] = {f"m{number}": [] for number in range(_SAMPLE)}
    for span in Folder(charts).spans():
        for line in islice(lines_of(span), _SAMPLE * 100):
            texts = (line.text.partition(one)[2].partition(b'"')[0] for one in (b"Patient/", b'"id":"'))
            name = next(filter(None, texts), b"")
            if name.decode() in found:
                found[name.decode()].append(Record(line.text, f"{line.number}:"))
    return list(found.items())


def cost(members: Sequence[tuple[str, list[Record]]], versions: Sequence[PolicyVersion], on: date) -> float:
    """Return the CPU seconds of reading each chart once and judging it by each version; the better of three rounds."""
    orders = [(one, drafted_order(one, on)) for one in versions]
    taken = []
    for _ in range(3):
        begun = process_time()
        for name, records in members:
            chart = read_chart(name, records, versions)
            for version, order in orders:
                judge(chart, order, version, on)
        taken.append(process_time() - begun)
    return min(taken)


if __name__ == "__main__":
    main()
