"""How much of the service its tests run, by line and branch, held to a floor: `pytest -p tests.measuring`.

SlipCover puts a probe at each line and branch of a module that is imported, and takes out what was seen: what runs for
the thousandth time costs nothing, so that every test counts. The packages of the service alone bear probes, and only
where tests run; what the workers saw is put together here. (SlipCover's own plugin rewrites the tests too, and its
floor does not see what workers ran.)
"""

import gc
import io
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from time import process_time
from types import FunctionType, SimpleNamespace
from typing import Any, cast

import pytest
import slipcover

ROOT = Path(__file__).parent.parent
PACKAGES = [str(ROOT / name) for name in ("policies", "fhir_mappings", "hooks", "cds_service")]
EXCLUDED = ["if TYPE_CHECKING:", r"assert_never\(", "raise AssertionError"]
FLOOR, OF_BRANCHES = 95.0, 92.0
"""Per cent of lines and branches together, and of branches alone: a statement on several lines counts for each."""
_SEEN = "lines_and_branches"
_OFTEN_SEEN = 20_000
"""How often a probe is passed again before all that saw something are taken out at once, in the middle of a test."""
_SHARE = 30
"""Between tests they are taken out so seldom that it costs at most the thirtieth part of the time."""


class Probes(slipcover.Slipcover):
    """Probes that are taken out wherever a function is held: by a property, a cache or a table too.

    SlipCover's own search walks through every class of every module and misses those; each search of it takes as
    long as a few signed orders, and it searches whenever a probe was passed fifty times.
    """

    def __init__(self) -> None:
        super().__init__(branch=True, source=PACKAGES, exclude_also=EXCLUDED, d_miss_threshold=_OFTEN_SEEN)
        self._took, self._ended = 0.0, process_time()
        self._staying: list[FunctionType] = []

    def _functions(self) -> list[FunctionType]:
        """Return the functions that bear probes, of all that the collector of garbage looks at."""
        held = (one for one in gc.get_objects() if type(one) is FunctionType)
        return [one for one in held if one.__code__.co_filename in self.code_lines]

    def note_functions(self) -> None:
        """Note what was imported: the collector of garbage does not look at it any more once tests run."""
        self._staying = self._functions()

    def deinstrument_seen(self) -> None:
        """Take out every probe that saw something."""
        begun = process_time()
        ours = {*self._staying, *self._functions()}
        self.modules = [SimpleNamespace(**{str(number): one for number, one in enumerate(ours)})]
        super().deinstrument_seen()
        self.modules.clear()
        self._ended = process_time()
        self._took = self._ended - begun

    def take_out(self) -> None:
        """Take out what saw something, unless that was done a short while ago."""
        if process_time() - self._ended > _SHARE * self._took:
            self.deinstrument_seen()


@dataclass
class Measured:
    """What this process measures, and what the workers have sent."""

    probes: Probes | None = None
    seen: list[dict[str, Any]] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)


_MEASURED = pytest.StashKey[Measured]()


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> None:
    """Begin before anything of the service is imported; a process that only hands tests out measures nothing."""
    measured = early_config.stash[_MEASURED] = Measured()
    if "PYTEST_XDIST_WORKER" in os.environ or not early_config.known_args_namespace.numprocesses:
        measured.probes = Probes()
        only = slipcover.FileMatcher(sources=PACKAGES)
        slipcover.ImportManager(measured.probes, only).__enter__()
        slipcover.wrap_spec_from_file_location(measured.probes, only)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_finish(session: pytest.Session) -> None:
    probes = session.config.stash[_MEASURED].probes
    if probes is not None:
        probes.note_functions()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    """Take probes out between two tests, while nothing of the service runs."""
    done: Any = yield
    probes = item.config.stash[_MEASURED].probes
    if probes is not None:
        probes.take_out()
    return done


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Take what a worker saw; of one that broke down nothing counts."""
    seen = getattr(node, "workeroutput", {}).get(_SEEN)
    if seen is not None:
        node.config.stash[_MEASURED].seen.append(json.loads(seen))


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Send what was seen, or hold what all saw to the floor: below it the session has failed."""
    measured = session.config.stash[_MEASURED]
    if measured.probes is not None:
        measured.seen.append(measured.probes.get_coverage())
    if hasattr(session.config, "workeroutput"):
        session.config.workeroutput[_SEEN] = json.dumps(measured.seen[0])
        return
    # A run that was broken off has no report of its workers.
    measured.faults = below(together(measured.seen)["summary"]) if measured.seen else ["Nothing was measured."]
    if measured.faults and session.exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    measured, table = config.stash[_MEASURED], io.StringIO()
    if measured.seen:
        slipcover.print_coverage(together(measured.seen), outfile=table, skip_covered=True)
    terminalreporter.section("coverage")
    terminalreporter.write_line(table.getvalue())
    for fault in measured.faults:
        terminalreporter.write_line(fault, red=True)


def together(seen: list[dict[str, Any]]) -> dict[str, Any]:
    """Return what was seen by any of the processes."""
    first, *others = json.loads(json.dumps(seen))
    for other in others:
        slipcover.merge_coverage(first, other)
    return cast("dict[str, Any]", first)


def below(summary: dict[str, Any]) -> list[str]:
    """Return what is run too little of, in words."""
    branches = summary["covered_branches"], summary["missing_branches"]
    percent = (
        ("lines and branches", summary["percent_covered"], FLOOR),
        ("branches", 100 * branches[0] / max(1, sum(branches)), OF_BRANCHES),
    )
    return [f"Tests run {is_:.2f}% of {what}: {floor}% is the floor." for what, is_, floor in percent if is_ < floor]
