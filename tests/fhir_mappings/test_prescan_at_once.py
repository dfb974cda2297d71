"""A first look at all entries of a bundle at once finds what a look at each finds, whatever they hold."""

import json
from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from fhir_mappings.chart.completeness import lacks_of
from fhir_mappings.chart.kept_records import wanted
from fhir_mappings.chart.lacks import Lack, Why
from fhir_mappings.chart.prescan import promising
from fhir_mappings.r4.resources import Resource

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


BEFORE = st.sampled_from(["", "Report\n", "1.\t", "Befund\r\n", "a\b", "\\", '"', "/", "\u00a0", "ó ", "\u2013"])
SAID = st.sampled_from(
    ["HER2", "HER\u00a02", "ECOG 1", "ECOG\u00a0PS", "Estadío IV", "progression", "HGNC:3430", "pulse"]
)
TEXTS = st.builds(lambda before, word: before + word, BEFORE, SAID)
CONCEPTS = st.builds(lambda text, code: {"coding": [{"code": code, "display": text}], "text": text}, TEXTS, TEXTS)
SPOKEN = st.fixed_dictionaries(
    {"resourceType": st.just("Observation"), "code": st.one_of(st.just(OTHER), CONCEPTS)},
    optional={
        "component": st.lists(
            st.fixed_dictionaries({"code": CONCEPTS}, optional={"valueCodeableConcept": CONCEPTS}), max_size=2
        ),
        "valueString": TEXTS,
        "valueCodeableConcept": CONCEPTS,
        "note": st.builds(lambda text: [{"text": text}], TEXTS),
    },
)


@given(resource=SPOKEN, is_ascii=st.booleans())
def test_signs_that_json_escapes_hide_nothing(resource: dict[str, Any], *, is_ascii: bool) -> None:
    """A new line before a word, or a letter that its writer escaped, is no other word: what is kept passes."""
    looked_for, raw = wanted(frozenset({CODE})), json.dumps({"resource": resource}, ensure_ascii=is_ascii)
    kept = looked_for.keeps(msgspec.json.decode(json.dumps(resource), type=Resource))
    assert not kept or promising([raw.encode()], looked_for) == [(0, True)]


def escaped(text: str, places: set[int]) -> str:
    """JSON in which the letters at some places are written by their numbers: of names, codes and words alike."""
    is_text, skips, found = False, 0, list[str]()
    for at, sign in enumerate(text):
        if skips:
            skips -= 1
        elif sign == '"':
            is_text = not is_text
        elif is_text and sign == "\\":
            skips = 5 if text[at + 1] == "u" else 1
        elif is_text and at in places and ord(sign) < 0x10000:
            found.append(f"\\u{ord(sign):04x}")
            continue
        found.append(sign)
    return "".join(found)


CODED = st.fixed_dictionaries({"resourceType": st.just("Observation"), "code": st.just(CONCEPT)})


@given(
    resource=st.one_of(SPOKEN, CODED), chance=st.randoms(use_true_random=False), share=st.sampled_from([0.02, 0.2, 1])
)
def test_letters_that_need_no_escape_and_have_one_hide_nothing(
    resource: dict[str, Any], chance: Any, share: float
) -> None:
    """Any sign of a JSON text may be written by its number (RFC 8259, 7), also of a name and of a code."""
    looked_for, plain = wanted(frozenset({CODE})), json.dumps({"resource": resource})
    raw = escaped(plain, {at for at in range(len(plain)) if chance.random() < share})
    assert json.loads(raw) == {"resource": resource}
    kept = looked_for.keeps(msgspec.json.decode(json.dumps(resource), type=Resource))
    assert not kept or promising([raw.encode()], looked_for) == [(0, True)]


SEARCHES = st.sampled_from([{}, {"mode": "match"}, {"mode": "include"}, {"mode": "outcome"}, {"mode": 7}, None])
IDS = st.sampled_from(["a", "b", 7, None, ["a"]])
FOUND = st.fixed_dictionaries({"resourceType": KINDS, "id": IDS}, optional={"issue": st.just(5)})
MATCHES = st.lists(
    st.one_of(
        st.fixed_dictionaries({"resource": FOUND}, optional={"search": SEARCHES}),
        st.sampled_from([{}, {"resource": None}, {"resource": 5}, {"resource": {}, "search": 7}, 5, "x", None]),
    ),
    max_size=6,
)


@given(entries=MATCHES, total=st.sampled_from([0, 1, 2, 3, 6]), is_odd=st.booleans())
def test_a_total_is_held_against_what_a_bundle_holds(entries: list[object], total: int, *, is_odd: bool) -> None:
    """What cannot be read beside them makes matches neither more nor fewer."""
    bundle = {"resourceType": "Bundle", "total": total, "entry": [*entries, 5] if is_odd else entries}
    found = [one for one in entries if isinstance(one, dict) and isinstance(one.get("resource"), dict)]
    matches = [
        one["resource"]
        for one in found
        if isinstance(one.get("search") or {}, dict)
        and (one.get("search") or {}).get("mode") not in {"include", "outcome"}
        and one["resource"].get("resourceType") == "Observation"
    ]
    names = [one.get("id") for one in matches]
    known = len({one for one in names if isinstance(one, str)}) + sum(not isinstance(one, str) for one in names)
    lacks = lacks_of(json.dumps(bundle).encode(), None, "Observation")
    assert (Lack("Observation", Why.FEWER_THAN_TOTAL) in set(lacks)) == (known < total)
