"""JSON is read strictly: the depth is counted as it is, whatever texts hold."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fhir_mappings.r4 import strict_json

VALUES = st.recursive(
    st.none() | st.integers() | st.text(alphabet='[]{}"\\ ab\n', max_size=6),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(alphabet='[{"\\', max_size=3), inner, max_size=3)
    ),
    max_leaves=20,
)


def depth_of(value: object) -> int:
    if isinstance(value, dict):
        return 1 + max((depth_of(one) for one in value.values()), default=0)
    if isinstance(value, list):
        return 1 + max((depth_of(one) for one in value), default=0)
    return 0


@given(VALUES)
def test_the_depth_limit_is_exact(value: object) -> None:
    text = json.dumps(value).encode()
    depth = depth_of(value)
    strict_json.check_depth(text, depth)
    if depth:
        with pytest.raises(strict_json.DepthError):
            strict_json.check_depth(text, depth - 1)


@pytest.mark.parametrize("text", [b"{", b"]", b"}{", b"[]][", b"[" * 100_000])
def test_brackets_that_do_not_match_are_no_question_of_depth(text: bytes) -> None:
    with pytest.raises(strict_json.JsonError, match="do not end"):
        strict_json.check_depth(text, 64)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (b'{"a": 1, "a": 2}', "twice"),
        (b'{"b": {"a": 1, "a": 2}}', "twice"),
        (b"[NaN]", "expected"),
        (b"[Infinity]", "expected"),
        (b'{"a": }', "line 1"),
        (b'\n{"a": 1,}', "line 2"),
    ],
)
def test_what_is_no_acceptable_json_is_told(text: bytes, said: str) -> None:
    with pytest.raises(strict_json.JsonError, match=said):
        strict_json.check(text)


def test_a_member_of_the_same_name_elsewhere_is_fine() -> None:
    strict_json.check(b'{"a": {"a": 1}, "b": [{"a": 1}, {"a": 2}]}')


@given(VALUES)
def test_the_quick_look_at_the_depth_lets_nothing_through(value: object) -> None:
    text = json.dumps(value).encode()
    depth = depth_of(value)
    strict_json.check_depth_inside(b"[" + text + b"]", 1, len(text) + 1, depth)
    if depth:
        with pytest.raises(strict_json.DepthError):
            strict_json.check_depth_inside(b"[" + text + b"]", 1, len(text) + 1, depth - 1)
