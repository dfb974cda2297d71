"""A word of a case that bears on nothing that is drawn is refused: an author would take it for effective."""

from pathlib import Path

import pytest

from fhir_mappings.cases.chart_sketch import draw
from fhir_mappings.sketches.names import Names, SketchError
from policies.testcases.casebook import Entry
from policies.workspace.workspace import lay_out
from tests import world

GUIDE = Path(world.own_folder()).parents[0] / "docs" / "omalizumab"


@pytest.fixture(scope="module")
def names() -> Names:
    catalogue = lay_out(GUIDE).catalogue
    return Names(catalogue, catalogue.versions("omalizumab").policies[-1])


@pytest.mark.parametrize(
    ("words", "idle"),
    [
        ({"value": "30"}, ""),
        ({"value": "30", "unit": "k[IU]/mL"}, ""),
        ({"value": "30", "to": "40"}, ""),
        ({"value": "30", "coded as": "text"}, ""),
        ({"value": "30", "code": "LA6576-8"}, "'code' changes nothing of 'measured'"),
        (
            {"value": "30", "coded as": "text", "code": "LA6576-8"},
            "'code' changes nothing of 'measured', coded as text",
        ),
        ({"value": "30", "coded as": "text", "to": "40"}, "'to' changes nothing of 'measured', coded as text"),
        ({"value": "30", "coded as": "integer", "to": "40", "code": "1"}, "'code', 'to' changes nothing"),
    ],
)
def test_a_word_without_effect_is_refused(names: Names, words: dict[str, str], idle: str) -> None:
    entry = Entry("measured", ("ige",), words, "cases/test.yaml:1")
    if not idle:
        assert len(draw((entry,), names)) == 2
        return
    with pytest.raises(SketchError, match=idle):
        draw((entry,), names)
