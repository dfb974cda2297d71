"""`make fuzz`, second half: bytes into what reads a body and a chart, led by what they cover (atheris, libFuzzer).

python -m tests.fuzzing.decoder [libFuzzer's options]. Begins with the sample calls and their charts; every second
change puts an odd value in the place of another, the rest are libFuzzer's own. What is read has to be JSON to the
standard library as well: two readers that differ let through what only one of them has looked at. Whatever is raised,
but for the refusal of a call, ends the run with the bytes that did it.
"""

import json
import sys
import tempfile
from pathlib import Path
from random import Random

import atheris

with atheris.instrument_imports(include=["fhir_mappings", "hooks"]):
    from fhir_mappings.chart.assembly import build
    from fhir_mappings.chart.kept_records import wanted
    from fhir_mappings.chart.resource_decoder import decode
    from fhir_mappings.findings.gathered import wanted_codings
    from fhir_mappings.r4 import strict_json
    from fhir_mappings.r4.elements import is_id
    from fhir_mappings.r4.references import PatientIdentity
    from hooks.protocol.errors import CallError
    from hooks.request.body import Limits, taken_apart

from cds_service.commands.demo import samples
from tests import world
from tests.service.hostile_calls import ODD, changed, places

LIMITS = Limits(max_bytes=1 << 20, max_depth=64)
WANTED = wanted(wanted_codings(world.shipped().all, world.shipped().terminology))
OF_VALUES = 0.5


def seeds() -> list[bytes]:
    """The sample calls, and each chart of theirs as one bundle."""
    bodies = [one.body for one in samples()]
    charts = [json.loads(one).get("prefetch", {}).values() for one in bodies]
    bundles = [{"resourceType": "Bundle", "entry": [{"resource": one} for one in chart if one]} for chart in charts]
    return [*bodies, *(json.dumps(one).encode() for one in bundles)]


def a_body(data: bytes) -> None:
    """Take a body apart as that of a call."""
    try:
        taken_apart(data, LIMITS)
    except CallError:
        return
    json.loads(data)


def a_chart(data: bytes) -> None:
    """Read a chart of one value, and put it together."""
    try:
        strict_json.check(data)
        found = decode([("chart", data)], WANTED)
    except strict_json.JsonError:
        return
    json.loads(data)
    assert all(one.resource.id is None or is_id(one.resource.id) for one in found.located)
    build(found.located, PatientIdentity("p1"), WANTED, found.unreadable)


def tried(data: bytes) -> None:
    a_body(data)
    a_chart(data)


def mutated(data: bytes, most: int, seed: int) -> bytes:
    """Change bytes: by a value of theirs, if they are JSON, or anywhere."""
    chance = Random(seed)
    try:
        whole = json.loads(data) if chance.random() < OF_VALUES else None
    except (ValueError, RecursionError):
        whole = None
    if not isinstance(whole, dict | list):
        return bytes(atheris.Mutate(data, most))
    return changed(whole, chance.choice(list(places(whole))), chance.choice(ODD))[:most]


def main(arguments: list[str]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        for number, one in enumerate(seeds()):
            Path(folder, str(number)).write_bytes(one)
        atheris.Setup([sys.argv[0], *arguments, folder], tried, custom_mutator=mutated)
        atheris.Fuzz()


if __name__ == "__main__":
    main(sys.argv[1:])
