"""SIGHUP: new policies are served without a call being lost; unsound ones are not, and the log says why."""

import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from subprocess import Popen
from threading import Event
from typing import Any

import pytest

from tests.front.serving import CALL, URL, free_port, running, sent
from tests.world import light_copy_of

LONGEST = 60
PAGES = 20
OLD, NEW = "Margetuximab-cmkb (Margenza)", "Margetuximab of the plan"


@dataclass(frozen=True)
class Service:
    """A service as a process, with its policy for margetuximab and its log."""

    process: "Popen[bytes]"
    port: int
    policy: Path
    log: Path

    def hang_up(self) -> None:
        os.kill(self.process.pid, signal.SIGHUP)

    def page(self) -> str:
        return str(sent(self.port, "GET", "/policies/margetuximab")[2])

    def title(self) -> str:
        return next(one for one in self.policy.read_text("utf-8").splitlines() if one.startswith("title: "))

    def rewrite(self, old: str, new: str) -> None:
        text = self.policy.read_text("utf-8")
        assert old in text
        self.policy.write_text(text.replace(old, new), "utf-8")


def until(holds: Callable[[], bool]) -> None:
    end = time.monotonic() + LONGEST
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.05)


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    home = light_copy_of(tmp_path / "plan")
    config, log = tmp_path / "settings.toml", tmp_path / "log"
    config.write_text(f'database_url = "sqlite:///{tmp_path / "kept.sqlite"}"\npolicies_folder = "{home}"\n', "utf-8")
    port = free_port()
    command = [sys.executable, "-m", "cds_service", "serve", "--port", str(port), "--config", str(config)]
    with log.open("wb") as written, running(command, port, "/health/ready", cwd=tmp_path, stderr=written) as process:
        yield Service(process, port, next((home / "data" / "margetuximab").glob("*.yaml")), log)


def test_new_policies_are_served_and_no_call_is_lost(service: Service) -> None:
    assert OLD in service.page()
    service.rewrite(f"title: {OLD}", f"title: {NEW}")
    statuses: list[int] = []
    with ThreadPoolExecutor(2) as pool:
        reloaded = [False]

        def call_on() -> None:
            while not reloaded[0]:
                statuses.append(sent(service.port, "POST", URL, CALL)[0])

        calling = [pool.submit(call_on) for _ in range(2)]
        try:
            service.hang_up()
            until(lambda: NEW in service.page())
            assert all(NEW in service.page() for _ in range(PAGES))
        finally:
            reloaded[0] = True
        for one in calling:
            one.result()
    assert set(statuses) == {200}
    assert "reloading" in service.log.read_text("utf-8")


def test_what_was_told_beside_several_reloads_is_on_file_and_authorized_once(service: Service) -> None:
    """Two generations of the service write to one file, each with calls that share commits."""
    told: list[dict[str, Any]] = []
    with ThreadPoolExecutor(4) as pool:
        ended = Event()

        def call_on(number: int) -> None:
            who = f"patient-{number % 2}"
            text = CALL.decode().replace("Patient/p1", f"Patient/{who}").replace('"p1"', f'"{who}"')
            while not ended.is_set():
                status, _, reply = sent(service.port, "POST", URL, text.encode())
                assert status == 200
                told.append(coverage_information(reply))

        calling = [pool.submit(call_on, number) for number in range(4)]
        try:
            for number in range(3):
                title = f"{NEW} {number}"
                service.rewrite(service.title(), f"title: {title}")
                service.hang_up()
                until(lambda title=title: title in service.page())
        finally:
            ended.set()
        for one in calling:
            one.result()
    names = {str(one["coverage-assertion-id"]) for one in told}
    assert len(told) >= 4
    assert {sent(service.port, "GET", f"/determinations/{one}", b"")[0] for one in names} == {200}
    assert len(names) == 2


def coverage_information(reply: dict[str, Any]) -> dict[str, Any]:
    (action,) = reply["systemActions"]
    (ours,) = [one["extension"] for one in action["resource"]["extension"] if "coverage-information" in one["url"]]
    return {one["url"]: next(value for name, value in one.items() if name != "url") for one in ours}


def test_unsound_policies_are_not_served_and_the_log_says_why(service: Service) -> None:
    service.rewrite(f"title: {OLD}", "titel: misspelled")
    service.hang_up()
    until(lambda: "not reloaded" in service.log.read_text("utf-8"))
    assert "'titel' is not a word of this file" in service.log.read_text("utf-8")
    assert OLD in service.page()
    service.rewrite("titel: misspelled", f"title: {NEW}")
    service.hang_up()
    until(lambda: NEW in service.page())


def test_a_file_that_is_none_ends_nothing(service: Service) -> None:
    """An editor lays the lock of an open file beside it: a link to nothing, by a name that ends as the file's."""
    lock = service.policy.with_name(f".#{service.policy.name}")
    lock.symlink_to("somebody@elsewhere.4711")
    service.hang_up()
    until(lambda: "not reloaded" in service.log.read_text("utf-8"))
    assert lock.name in service.log.read_text("utf-8")
    assert OLD in service.page()
    lock.unlink()
    service.rewrite(f"title: {OLD}", f"title: {NEW}")
    service.hang_up()
    until(lambda: NEW in service.page())
