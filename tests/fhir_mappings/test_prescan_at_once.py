"""A first look at all entries of a bundle at once finds what a look at each finds, whatever they hold."""

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from fhir_mappings.chart.kept_records import wanted
from fhir_mappings.chart.prescan import promising

CODE = ("http://loinc.org", "85319-2")
CONCEPT = {"coding": [{"system": CODE[0], "code": CODE[1]}]}
OTHER = {"coding": [{"system": CODE[0], "code": "8867-4"}], "text": "Heart rate"}
PARTS: dict[str, Any] = {
    "code": st.sampled_from([CONCEPT, OTHER, None, 5, {"coding": 1}, {"text": "HER2"}]),
    "component": st.sampled_from([[{"code": CONCEPT}], [{"code": OTHER}], [], None, 7]),
    "valueString": st.sampled_from(["positive for HER2", "72", None, 5, "ECOG 1", "\\u0048ER2"]),
    "valueCodeableConcept": st.sampled_from([{"text": "progression"}, {"text": "normal"}, None]),
    "note": st.sampled_from([[{"text": "metastatic"}], [], None]),
}
KINDS = st.sampled_from(["Observation", "Condition", "Bundle", "OperationOutcome", "Device", "", None, 7])
RESOURCES = st.fixed_dictionaries({"resourceType": KINDS}, optional=PARTS)
ENTRIES = st.lists(
    st.one_of(
        st.fixed_dictionaries({"resource": RESOURCES}), st.sampled_from([{}, {"resource": None}, 5, "x", None, []])
    ),
    max_size=6,
)


@given(ENTRIES)
def test_all_at_once_is_each_by_itself(entries: list[object]) -> None:
    looked_for, raws = wanted(frozenset({CODE})), [json.dumps(one).encode() for one in entries]
    each = [(at, single) for at, one in enumerate(raws) for _, single in promising([one], looked_for)]
    assert promising(raws, looked_for) == each
