"""Made-up members as a Bulk Data export: the charts of the policy cases, many times over, among vital signs.

Each type of resource has a file of its own, with the ids of each member's resources made its own.
"""

import shutil
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import orjson

from benchmarks.bodies import noise
from fhir_mappings.cases.chart_sketch import draw
from fhir_mappings.sketches.names import Names, SketchError
from policies.workspace.workspace import Desk, lay_out, own_folder

Json = dict[str, Any]
_OWN = "@@"
_NOISE = 20


def write_export(folder: Path, members: int, policy: str) -> int:
    """Write an export of so many members into a folder, and return how many bytes it has."""
    folder.mkdir(parents=True, exist_ok=True)
    charts = list(_charts(lay_out(), policy))
    with ExitStack() as stack:
        kinds = {kind for chart in charts for kind, _ in chart}
        files = {kind: stack.enter_context((folder / f"{kind}.ndjson").open("wb")) for kind in kinds}
        for number in range(members):
            own = b"%d" % number
            for kind, text in charts[number % len(charts)]:
                files[kind].write(text.replace(_OWN.encode(), own))
    return sum(file.stat().st_size for file in folder.iterdir())


def _charts(desk: Desk, policy: str) -> Iterator[list[tuple[str, bytes]]]:
    """Yield each chart of a policy's cases as lines by type, with a mark where the member's own number goes."""
    names = Names(desk.catalogue, desk.newest(policy))
    for case in desk.cases_of(policy):
        try:
            drawn = draw(case.chart, names)
        except SketchError:
            continue
        resources = [_owned(one) for one in [*drawn, *_noise()]]
        yield [(one["resourceType"], orjson.dumps(one, default=str) + b"\n") for one in resources]


def _noise() -> Iterator[Json]:
    for number in range(_NOISE):
        yield {**noise(number), "subject": {"reference": "Patient/any"}}


def _owned(content: Any) -> Any:
    """Return a resource whose ids, and those that it refers to, hold the mark; every Patient becomes the member."""
    if isinstance(content, list):
        return [_owned(one) for one in content]
    if not isinstance(content, dict):
        return content
    found = {name: _owned(one) for name, one in content.items()}
    if "resourceType" in found and "id" in found:
        found["id"] = f"m{_OWN}" if found["resourceType"] == "Patient" else f"m{_OWN}-{found['id']}"
    reference = found.get("reference")
    if isinstance(reference, str) and "/" in reference:
        kind, _, name = reference.rpartition("/")
        found["reference"] = f"Patient/m{_OWN}" if kind.endswith("Patient") else f"{kind}/m{_OWN}-{name}"
    return found


def write_draft(folder: Path, policy: str, version: str, changes: tuple[tuple[str, str], ...]) -> None:
    """Write a copy of the policies folder with a new version of a policy: its newest with some texts exchanged."""
    if not folder.exists():
        shutil.copytree(own_folder(), folder, ignore=shutil.ignore_patterns("*.py", "__pycache__"))
    newest = max((folder / "data" / policy).glob("*.yaml"))
    text = newest.read_text("utf-8").replace(f"version: {newest.stem}", f"version: {version}", 1)
    for old, new in changes:
        if old not in text:
            raise SystemExit(f"{newest}: no '{old}'")
        text = text.replace(old, new)
    (newest.parent / f"{version}.yaml").write_text(text, "utf-8")
