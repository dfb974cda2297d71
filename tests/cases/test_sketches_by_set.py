"""A case names a diagnosis or a procedure by the fact, or the value set, that it is of."""

import pytest

from fhir_mappings.cases.chart_sketch import draw
from fhir_mappings.sketches.names import Names, SketchError
from policies.files.yaml_source import parse
from policies.testcases import reader
from tests import world
from tests.dtr.adaptive_parts import Json


def drawn(line: str) -> Json:
    known = world.examples()
    text = (
        "policy: mepolizumab\ncases:\n  - {case: One, order: {drug: mepolizumab, on: 2026-12-10}, "
        f"expect: {{ruling: unknown}}, chart: [{{{line}, on: order - 1y}}]}}\n"
    )
    (case,) = reader.build(parse(text, "cases/made.yaml"), known)
    names = Names(known, known.versions("mepolizumab").policies[-1])
    return next(one for one in draw(case.chart, names) if one["resourceType"] in ("Condition", "Procedure"))


@pytest.mark.parametrize("verb", ["condition", "operation"])
def test_a_value_set_gives_its_first_code(verb: str) -> None:
    codes = world.examples().terminology.codes("asthma-exacerbations", "2026-12-01")
    first = next(one for one in codes.members if one.decides)
    assert drawn(f"{verb}: asthma-exacerbations")["code"]["coding"][0]["code"] == first.code
    (fact,) = [name for name, one in world.examples().versions("mepolizumab").policies[-1].facts.items()
               if one.parameters.get("codes") == "asthma-exacerbations"]  # fmt: skip
    assert drawn(f"{verb}: {fact}")["code"]["coding"][0]["code"] == first.code


def test_a_name_that_nothing_bears_is_said() -> None:
    with pytest.raises(SketchError, match="the terminology knows no 'asthma-exacerbation'"):
        drawn("condition: asthma-exacerbation")
