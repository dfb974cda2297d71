"""Every benchmark is entered, with a few rounds of tiny sizes, so that none rots unseen; no time is held to a bound."""

import re
import shutil
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks import (
    __main__ as decision,
)
from benchmarks import (
    equal_calls,
    faults,
    idle_connections,
    impact,
    memory,
    peers,
    policies,
    purge,
    purge_beside_calls,
    served,
    stored,
)
from benchmarks.disturbances import Scene, paused
from benchmarks.replicas import Granted, Replica, free_port
from cds_service.clients.client_keys import new_pair
from cds_service.storage.engine import open_engine
from tests import databases
from tests.cql.charts_to_run import on_file
from tests.cql.engine import FOLDER

HOME = Path(decision.__file__).parent
FEW = 20
"""So few determinations, or policies, or calls show that a benchmark still runs."""


@pytest.fixture(scope="module")
def replica(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Replica]:
    """A service as benchmarks start it; several of them share it here."""
    one = Replica(f"sqlite:///{tmp_path_factory.mktemp('replica') / 'kept.sqlite'}", free_port())
    one.start()
    try:
        one.wait()
        yield one
    finally:
        one.end(signal.SIGTERM)


def test_every_benchmark_is_entered_here() -> None:
    known = {one.stem for one in HOME.glob("*.py") if re.search(r"^def main\(", one.read_text("utf-8"), re.MULTILINE)}
    here = Path(__file__).read_text("utf-8")
    entered = set(re.findall(r"^def test_(\w+)_runs\(", here, re.MULTILINE))
    assert {one.strip("_") for one in known} == entered | {"main", "signed_floor"}


def test_every_benchmark_has_a_name_in_the_makefile() -> None:
    run = re.findall(r"-m benchmarks(?:\.(\w+))?", (HOME.parent / "Makefile").read_text("utf-8"))
    assert set(run) <= {one.stem for one in HOME.glob("*.py")} | {""}


def test_main_runs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Calls, forms and requests, each against its floor."""
    decision.compared(tmp_path, 1, FEW, decision.SIZES[:1])
    assert "A prior authorization request" in capsys.readouterr().out


def test_policies_runs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    policies.measured(tmp_path / "many", FEW, 1)
    assert f"{FEW} policies" in capsys.readouterr().out


def test_impact_runs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    impact.measured(tmp_path, 6, (1,))
    assert "a member under two versions" in capsys.readouterr().out


def test_stored_runs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    stored.measure("SQLite", f"sqlite:///{tmp_path / 'store.sqlite'}", 4 * FEW, tries=1)
    assert "purge of 4" in capsys.readouterr().out


def test_purge_runs(capsys: pytest.CaptureFixture[str]) -> None:
    purge.measured(8 * FEW)
    assert len(capsys.readouterr().out.splitlines()) == 4


@pytest.mark.skipif(not (shutil.which("node") and (FOLDER / "..").exists()), reason="Node is not here")
def test_peers_runs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    policy = on_file().versions(peers.POLICY).on(stored.TODAY)
    assert policy is not None
    peers.compared(tmp_path, policy, [next(peers.engines())], [("10 KB", 10_000, 1, 2)])
    assert "JavaScript engine" in capsys.readouterr().out


def test_memory_runs(replica: Replica) -> None:
    first, second = memory.held_after(replica, 4)
    assert first > 0
    assert second > 0


def test_purge_beside_calls_runs(replica: Replica) -> None:
    engine = open_engine(replica.url, 30)
    purge.filled(engine, FEW)
    without, beside = purge_beside_calls.compared(replica, engine, FEW, 0.3)
    engine.dispose()
    purge_beside_calls.told(without, beside)
    assert without.seconds


def test_idle_connections_runs(replica: Replica) -> None:
    without, ratio = idle_connections.compared((replica.port, replica.port), "half a head", 3, 2)
    assert without > 0
    assert ratio > 0


def test_served_runs(capsys: pytest.CaptureFixture[str]) -> None:
    pair = served.Pair(*new_pair(served.NAME))
    with served.floor(pair, 1) as floor, served.service(pair, 1, module="benchmarks.one_commit") as service:
        for one in (floor, service):
            served.window(one, pair, 2, 4)
        served.told([floor, service], (2,))
    assert "a commit a call" in capsys.readouterr().out


def test_faults_runs(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'faults.sqlite'}"
    scene = Scene([Replica(url, free_port())], None, None)
    assert faults.tried("SQLite", (url, url), scene, faults.Plan(1), paused)


@pytest.mark.parametrize(("slower", "counted"), [(1, 10.5), (100, 0.6)], ids=["a quiet machine", "a busy one"])
def test_only_seconds_that_the_machine_grants_count(slower: int, counted: float) -> None:
    """A replica that others hold up is waited for; one that has the time, and does not come up, is a fault."""
    own, wall = 0.0, 0.0

    def worked() -> float:
        nonlocal own, wall
        own, wall = own + 0.001, wall + 0.001 * slower
        return own

    def pause(seconds: float) -> None:
        nonlocal wall
        wall += seconds

    granted = Granted(lambda: wall, worked, pause)
    for _ in range(100):
        granted.wait()
    assert granted.seconds == pytest.approx(counted, rel=0.2)
    assert wall >= granted.seconds


def test_a_replica_that_ended_is_a_fault_at_once(tmp_path: Path) -> None:
    one = Replica(f"sqlite:///{tmp_path / 'no folder' / 'x.sqlite'}", free_port())
    one.start()
    with pytest.raises(SystemExit, match="ended by itself"):
        one.wait()


def test_equal_calls_runs(capsys: pytest.CaptureFixture[str]) -> None:
    """A busy machine may answer some of them later: what is held here is that it runs."""
    with databases.on(databases.POSTGRESQL):
        server = databases.cluster()
        if server is None:
            pytest.skip("PostgreSQL is not installed here")
        equal_calls.compared(server.new(), 1, 1)
    assert "8 at once x 1" in capsys.readouterr().out
