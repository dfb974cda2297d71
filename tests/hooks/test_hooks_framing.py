"""The frame of a call is what is left without the entries of its prefetch; nothing hides in what is cut out."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fhir_mappings.r4 import strict_json
from fhir_mappings.r4.strict_json import DepthError, JsonError
from hooks.request.bundle_split import framed

DEPTH = 64
LEAVES = st.none() | st.integers() | st.text(alphabet='[]{},"\\ ab\n', max_size=6)
ENTRIES = st.lists(st.dictionaries(st.sampled_from(["fullUrl", "resource"]), LEAVES, max_size=2), max_size=4)
STYLES = st.sampled_from([{"separators": (",", ":")}, {}, {"indent": 1}, {"indent": "\t"}])


def bundle(entries: list[Any]) -> dict[str, Any]:
    return {"resourceType": "Bundle", "entry": entries}


def call(**prefetch: Any) -> dict[str, Any]:
    return {"hook": "order-sign", "prefetch": prefetch, "context": {"patientId": "p"}}


def packed(content: Any) -> bytes:
    return json.dumps(content, separators=(",", ":")).encode()


@given(st.lists(ENTRIES, max_size=3), STYLES)
def test_the_frame_and_the_entries_are_the_whole_call(lists: list[list[Any]], style: dict[str, Any]) -> None:
    sent = call(**{f"k{number}": bundle(entries) for number, entries in enumerate(lists)}, one={"resourceType": "List"})
    found = framed(json.dumps(sent, **style).encode(), DEPTH)
    read = {name: json.loads(bytes(raw)) for name, raw in found.members.items()}
    for key, texts in found.entries.items():
        assert read["prefetch"][key]["entry"] == []
        read["prefetch"][key]["entry"] = [json.loads(bytes(text)) for text in texts]
    assert read == sent


@pytest.mark.parametrize("style", [{"separators": (",", ":")}, {"indent": 2}])
def test_the_entries_are_cut_out_however_the_call_is_laid_out(style: dict[str, Any]) -> None:
    sent = call(a=bundle([{"resource": {"id": "1"}}, {"resource": {"id": "2"}}]), b=bundle([{}]), c=bundle([]))
    found = framed(json.dumps(sent, **style).encode(), DEPTH)
    assert {key: len(texts) for key, texts in found.entries.items()} == {"a": 2, "b": 1}


def test_a_list_that_is_no_bundle_stays_in_the_frame() -> None:
    found = framed(packed(call(a={"resourceType": "List", "entry": [{"item": 1}]})), DEPTH)
    assert not found.entries
    assert b'"item"' in bytes(found.members["prefetch"])


def test_entries_with_uneven_space_between_them_are_checked_with_the_rest() -> None:
    text = packed(call(a=bundle([{"x": 1}, {"x": 2}, {"x": 3}]))).replace(b'{"x":2},', b'{"x":2} , ')
    found = framed(text, DEPTH)
    assert not found.entries
    assert b'{"x":2} , {"x":3}' in bytes(found.members["prefetch"])


ENTRY = {"resource": {"id": "1", "text": "x" * 300}}
INNER = packed(ENTRY)
TWICE = {
    "the prefetch": b'{"prefetch":{"a":{"resourceType":"Bundle","entry":[%s]}},"prefetch":{}}' % INNER,
    "the prefetch, the same": b'{"prefetch":{"a":{"resourceType":"Bundle","entry":[%s]}},"prefetch":{"a":{}}}' % INNER,
    "a key": b'{"prefetch":{"a":{"resourceType":"Bundle","entry":[%s]},"a":{"resourceType":"Bundle","entry":[%s]}}}'
    % (INNER, INNER),
    "the entries": b'{"prefetch":{"a":{"resourceType":"Bundle","entry":[%s],"entry":[%s]}}}' % (INNER, INNER),
    "a type": b'{"prefetch":{"a":{"resourceType":"Bundle","resourceType":"Bundle","entry":[%s]}}}' % INNER,
    "a member beside it": b'{"hook":"a","prefetch":{"a":{"resourceType":"Bundle","entry":[%s]}},"hook":"b"}' % INNER,
    "a decoy": b'{"x":[%s],"hook":"a","prefetch":{"a":{"resourceType":"Bundle","entry":[%s]}},"hook":"b"}'
    % (INNER, INNER),
    "uneven": b'{"hook":"a","prefetch":{"a":{"resourceType":"Bundle","entry":[%s, 1,2]}},"hook":"b"}' % INNER,
}


@pytest.mark.parametrize("text", TWICE.values(), ids=TWICE.keys())
def test_a_member_twice_in_the_frame_is_found(text: bytes) -> None:
    with pytest.raises(JsonError, match="twice"):
        framed(text, DEPTH)


def nested(depth: int) -> Any:
    value: Any = 1
    for _ in range(depth):
        value = [value]
    return value


@pytest.mark.parametrize("within", ["entry", "frame"])
def test_the_depth_is_counted_from_the_outermost_object(within: str) -> None:
    def sent(depth: int) -> bytes:
        if within == "frame":
            return packed({**call(a=bundle([{}])), "extension": {"x": nested(depth - 2)}})
        return packed(call(a=bundle([{}, {"resource": {"x": nested(depth - 6)}}])))

    framed(sent(DEPTH), DEPTH)
    with pytest.raises(DepthError):
        framed(sent(DEPTH + 1), DEPTH)


def test_no_nesting_is_too_deep_to_be_refused() -> None:
    with pytest.raises(JsonError):
        framed(b'{"prefetch":' + b"[" * 100_000 + b"]" * 100_000 + b"}", DEPTH)


@pytest.mark.parametrize("fault", [b'{"hook":NaN}', b'{"prefetch":{"a":null},"x":Infinity}'])
def test_what_is_no_number_is_refused(fault: bytes) -> None:
    with pytest.raises((JsonError, ValueError)):
        framed(fault, DEPTH)


@pytest.mark.parametrize("number", [1, 3, 40])
@pytest.mark.parametrize("deep", [0, 1, 2, 39])
@pytest.mark.parametrize("plain", [{"resource": {"a": [{"b": 1}]}}, {"resource": {"a": [[{}] * 30]}}, {"t": "{[[[{{"}])
def test_one_deep_entry_is_found_wherever_it_stands(number: int, deep: int, plain: object) -> None:
    """Entries are looked at a few at once: at the limit each is let through, one deeper is refused."""
    limit, entries = 40, [plain] * number
    for levels, is_refused in ((limit - 4, False), (limit - 3, True)):
        entries[deep % number] = json.loads("[" * levels + "]" * levels)
        bundle = {"resourceType": "Bundle", "entry": entries}
        body = json.dumps({"prefetch": {"a": bundle}}, separators=(",", ":")).encode()
        if is_refused:
            with pytest.raises(DepthError):
                framed(body, limit)
        else:
            assert len(framed(body, limit).entries["a"]) == number


@pytest.mark.parametrize(
    ("number", "is_huge"),
    [
        ("1e308", False),
        ("1e309", True),
        ("1E+309", True),
        ("1e-308", False),
        ("1e-309", True),
        ("1" * 309, False),
        ("1" * 310, True),
    ],
)
@pytest.mark.parametrize("beside", ["", "8e123", "1e-12-4f", "\\u00e9", "\\\\ud800"])
def test_a_huge_number_is_found_beside_what_looks_like_one(number: str, is_huge: bool, beside: str) -> None:
    body = f'{{"a": "{beside}", "b": [1e-12, {number}]}}'.encode()
    if is_huge:
        with pytest.raises(JsonError, match="larger or smaller"):
            strict_json.check_values(body)
    else:
        strict_json.check_values(body)
