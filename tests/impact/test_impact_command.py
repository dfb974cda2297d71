"""The command: over a folder, over an export that a server offers, and over the service's own stored calls."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import Engine

from cds_service.app.settings import Settings
from cds_service.commands.main import main
from cds_service.impact.bulk_export import bring
from cds_service.impact.sources import SourceError
from cds_service.impact.stored_calls import StoredCalls
from fhir_mappings.members import PolicyVersion
from policies.catalogue import Catalogue
from tests import world
from tests.impact.exports import IN_FORCE, POLICY, members, plain, text
from tests.service.calls import body
from tests.world import TODAY, compose

SAMPLES = Path(__file__).parents[2] / "cds_service" / "samples"
SOME = members({"a": 1, "b": 2, "c": 3})


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["impact", "--policy", POLICY, *arguments], catch_exceptions=False)


def test_a_folder(tmp_path: Path, draft: Path) -> None:
    charts, out = plain(tmp_path / "charts", SOME), tmp_path / "out"
    found = run(
        "--from", "2026-07-01", "--draft", str(draft), "--charts", str(charts), "--out", str(out), "--workers", "1"
    )
    assert found.exit_code == 0, found.output
    assert "3 of 3 judged" in found.stdout
    report = json.loads((out / "impact.json").read_text("utf-8"))
    ecog = next(one for one in report["criteria"] if one["id"] == "ecog")
    assert ecog["changes"] == [{"before": "met", "after": "not-met", "members": 1}]
    assert report["policy"]["before"]["version"] < report["policy"]["after"]["version"] == "2026-07-01"
    assert not (out / "work").exists()
    assert out.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--from", "2026-07-01"), "give either --charts or --calls"),
        (("--from", "2026-07-02", "--charts", "."), "no version of elranatamab begins on 2026-07-02"),
        (("--from", str(IN_FORCE), "--charts", "."), "is in force before"),
    ],
)
def test_what_cannot_be_compared_is_told(arguments: tuple[str, ...], said: str, tmp_path: Path) -> None:
    found = run(*arguments, "--out", str(tmp_path / "out"))
    assert found.exit_code != 0
    assert said in found.output
    assert not (tmp_path / "out").exists()


def test_another_policy_is_told(tmp_path: Path) -> None:
    found = CliRunner().invoke(main, ["impact", "--policy", "none", "--from", "2026-07-01", "--charts", str(tmp_path)])
    assert (found.exit_code, "no policy 'none'" in found.output) == (1, True)


class Export(BaseHTTPRequestHandler):
    """A server that has an export ready, for who has a token."""

    files: dict[str, bytes]
    asked: list[tuple[str, str]]

    def do_GET(self) -> None:
        self.asked.append((self.path, self.headers.get("Authorization", "")))
        content = self.files.get(self.path)
        self.send_response(200 if content is not None else 404)
        self.end_headers()
        self.wfile.write(content or b"")

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


@contextmanager
def exporting(files: dict[str, bytes]) -> Iterator[tuple[str, list[tuple[str, str]]]]:
    handler = type("Its", (Export,), {"files": files, "asked": []})
    with HTTPServer(("127.0.0.1", 0), handler) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}", handler.asked  # type: ignore[attr-defined]
        finally:
            server.shutdown()
            thread.join()


@pytest.mark.parametrize(("required", "sent"), [(True, "Bearer t"), (False, "")])
def test_an_export_is_brought_by_its_manifest_once(tmp_path: Path, *, required: bool, sent: str) -> None:
    output = [{"type": "Patient", "url": "files/1"}, {"type": "Patient", "url": "/files/2"}]
    manifest = json.dumps({"requiresAccessToken": required, "output": output}).encode()
    files = {"/status": manifest, "/files/1": text(SOME[:1]), "/files/2": text(SOME[3:4])}
    with exporting(files) as (url, asked):
        bring(f"{url}/status", tmp_path, "t")
        bring(f"{url}/status", tmp_path, "t")
    assert asked == [("/status", "Bearer t"), ("/files/1", sent), ("/files/2", sent), ("/status", "Bearer t")]
    assert [file.read_bytes() for file in sorted(tmp_path.glob("Patient.*"))] == [files["/files/1"], files["/files/2"]]


@pytest.mark.parametrize(
    "manifest",
    [
        b"{}",
        b"no JSON",
        b'{"output":[{"type":"../Patient","url":"x"}]}',
        b'{"output":[{"type":"Patient","url":"gone"}]}',
        b'{"output":[{"type":"Patient","url":"file:///etc/hostname"}]}',
    ],
)
def test_a_manifest_that_cannot_be_followed_is_told(tmp_path: Path, manifest: bytes) -> None:
    with exporting({"/status": manifest}) as (url, _), pytest.raises(SourceError):
        bring(f"{url}/status", tmp_path, "")
    assert not [file for file in tmp_path.iterdir() if file.suffix in {".ndjson", ".gz"}]


def test_stored_calls_are_judged_again_each_by_its_own_day(policies_on_file: Catalogue, draft: Path) -> None:
    engine: Engine = world.store()
    container = compose(Settings(), policies_on_file, TODAY, engine)
    for name in ("07-elranatamab-four-lines-met", "14-elranatamab-ecog-3", "01-margetuximab-everything-met"):
        call = json.loads((SAMPLES / f"{name}.json").read_text("utf-8"))
        assert container.order_sign.answer(body(call)).body
    assert container.archive is not None
    before, after = (
        PolicyVersion(POLICY, IN_FORCE, str(world.FOLDER)),
        PolicyVersion(POLICY, TODAY.replace(2026, 7, 1), str(draft)),
    )
    calls = StoredCalls(container.archive, container.order_sign, TODAY, TODAY)
    found = {one.before.ruling: one for one in calls.rows(before, after)}
    assert set(found) == {"met", "not-met"}
    assert all(one.member.startswith("determinations/") and one.whole for one in found.values())
    assert found["not-met"].after.criteria["ecog"] == "not-met"
    earlier = StoredCalls(container.archive, container.order_sign, TODAY.replace(day=1), TODAY.replace(day=2))
    assert list(earlier.rows(before, after)) == []
    engine.dispose()
