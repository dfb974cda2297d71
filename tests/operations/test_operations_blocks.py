"""Every command that a block of the README or of the docs shows runs here, or stands on a short list that says why not.

Those of the guide for policy authors run in tests/workbench. Words in capitals are places to fill in.
"""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

import cds_service
from cds_service.commands.main import main
from policies.catalogue import Catalogue
from tests.operations.running import signed_with
from tests.operations.test_operations_docs import fault
from tests.page.browsing import serving

ROOT = Path(__file__).parents[2]
SAMPLE = next((Path(cds_service.__file__).parent / "samples").glob("05-*.json"))
GUIDE = ROOT / "docs" / "writing-a-policy.md"
PAGES = sorted({*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), ROOT / "policies" / "examples" / "README.md"} - {GUIDE})
_BLOCK = re.compile(r"^(?:```sh\n(.*?)^```|((?:    .*\n)+))", re.MULTILINE | re.DOTALL)
_PROGRAMS = "cds-service|make|curl|pip|sqlite3|docker|git|npm|uv|python|node|psql"
_BEGINS = re.compile(rf"(?:\$ )?(?:\.venv/bin/)?(?:{_PROGRAMS})\b")
_BY_HAND = re.compile(r"`(curl [^`]+)`")
URL = "http://127.0.0.1:8000"
_FORMAT = "[--client NAME] [--format text|json]"
EVALUATED = f"cds-service evaluate --chart BUNDLE.json --order 'SYSTEM|CODE' [--date YYYY-MM-DD] {_FORMAT}"
IMPACT = "cds-service impact --policy ID --from DATE --c"
REVISED = "cds-service impact --policy margetuximab --from 2026-12-01 --draft drafts"
FILLED_IN = {
    f"cds-service evaluate FILE... {_FORMAT}": f"cds-service evaluate {SAMPLE} --format json",
    EVALUATED: "cds-service evaluate --chart chart.json --order 'HCPCS|J9353' --date 2026-11-25 --format json",
    "cds-service evaluate --folder policies/examples --chart CHART --order 'SYSTEM|CODE'": (
        "cds-service evaluate --folder policies/examples --chart chart.json --order 'HCPCS|J0897'"
    ),
    f"{IMPACT}harts FOLDER_OR_URL [--draft FOLDER] [--engine local|spark] [--workers N] [--out FOLDER]": (
        f"{REVISED} --charts charts --workers 1 --out out"
    ),
    f"{IMPACT}alls FIRST LAST [--draft FOLDER] [--out FOLDER]": (
        f"{REVISED} --calls 2026-11-01 2026-11-30 --out calls"
    ),
    "cds-service call FILE --as tester": (
        f"mkdir at-a-tester && cd at-a-tester && cds-service client new tester && cds-service call {SAMPLE} --as tester"
    ),
}
"""What stands in the places of a command."""
_VOLUMES = "--volume cds-data:/data --volume ./cds-service.toml:/data/cds-service.toml:ro"
DOCKER = f"docker run --publish 8000:8000 {_VOLUMES} cds-service"
CANNOT = {
    "make test": "it runs this test",
    "make demo": "it serves until it is ended, and sets up an environment; CI runs it",
    "cds-service demo --examples": "it serves until it is ended; tests/service run what it sends",
    "cds-service serve --folder policies/examples": "it serves until it is ended; tests/front run it",
    "cds-service policy test --folder policies/examples": "tests/policies/test_policies_examples.py does what it does",
    "pip install --require-hashes --requirement requirements/runtime.txt": "it needs a registry; CI installs by it",
    "docker build --tag cds-service .": "it needs a daemon",
    DOCKER: "it needs a daemon, and serves until it is ended",
    "pip install --no-deps .": "it changes the environment in which the tests run",
}


def commands(page: Path) -> list[str]:
    """Return the commands of the blocks of a page, without the remarks beside them, and those to be typed by hand."""
    text = page.read_text("utf-8")
    blocks = [line.strip() for found in _BLOCK.finditer(text) for line in (found[1] or found[2]).splitlines()]
    shown = [re.split(r"\s{2,}|\s# ", line)[0].removeprefix("$ ") for line in blocks if _BEGINS.match(line)]
    return [one.removeprefix(".venv/bin/") for one in (*shown, *_BY_HAND.findall(text))]


_OF_A_SHELL = frozenset({"&&", "|", ">", "<", ";"})
"""What a shell has to run; a command of the service alone runs in this process, which takes a tenth of the time."""
Place = tuple[Path, dict[str, str]]
"""A folder in which commands run, and their environment."""
EVERY = sorted({one for page in PAGES for one in commands(page)})


def test_each_command_that_cannot_run_here_is_one_that_is_shown_and_is_no_slip() -> None:
    assert set(CANNOT) <= set(EVERY)
    assert set(FILLED_IN) <= set(EVERY)
    assert {one: wrong for one in CANNOT if one.startswith("cds-service") and (wrong := fault(one))} == {}
    assert len(EVERY) - len(CANNOT) >= 15, "most of them run"


@pytest.fixture(scope="module")
def place(policies_on_file: Catalogue, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """A folder with a database in which an order was signed, a chart, and a service that listens."""
    folder = tmp_path_factory.mktemp("shown")
    (folder / "policies").symlink_to(ROOT / "policies")
    patient = {"resourceType": "Patient", "id": "p1", "gender": "female", "birthDate": "1960-01-01"}
    chart = json.dumps({"resourceType": "Bundle", "type": "collection", "entry": [{"resource": patient}]})
    for part in ("data", "cases", "value_sets"):
        shutil.copytree(ROOT / "policies" / part, folder / "drafts" / part)
    revise = ["policy", "revise", "margetuximab", "--from", "2026-12-01", "--folder", str(folder / "drafts")]
    revised = CliRunner().invoke(main, revise, env={"CDS_TODAY": "2026-11-25"})
    assert revised.exit_code == 0, revised.output
    (folder / "charts").mkdir()
    (folder / "chart.json").write_text(chart, encoding="utf-8")
    (folder / "charts" / "Patient.ndjson").write_text(json.dumps(patient) + "\n", encoding="utf-8")
    with signed_with(folder / "cds-service.sqlite", SAMPLE.read_bytes()), serving(policies_on_file) as site:
        own = {"CDS_DATABASE_URL": f"sqlite:///{folder}/cds-service.sqlite", "CDS_BASE_URL": site.base_url}
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        yield folder, os.environ | own | {"PATH": path, "CDS_TODAY": "2026-11-25"}


@pytest.mark.parametrize("command", [one for one in EVERY if one not in CANNOT])
def test_a_command_runs_as_it_is_shown(command: str, place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    folder, environment = place
    line = FILLED_IN.get(command, command).replace(URL, environment["CDS_BASE_URL"])
    program, *arguments = shlex.split(line)
    if shutil.which(program, path=environment["PATH"]) is None:
        pytest.skip(f"{program} is not on this machine")
    monkeypatch.chdir(folder)
    if program == "cds-service" and not _OF_A_SHELL & {*arguments}:
        ran = CliRunner().invoke(main, arguments, env=environment)
        assert ran.exit_code == 0, ran.output[-2000:]
        return
    shell = ["bash", "-ec", line]
    done = subprocess.run(shell, check=False, env=environment, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]


def test_a_command_that_is_no_more_is_seen(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(AssertionError):
        test_a_command_runs_as_it_is_shown("cds-service policy chekc", place, monkeypatch)
