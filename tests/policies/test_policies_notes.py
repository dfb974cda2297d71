"""Notes: keys and figures that are kept and come back, in one order, joined without being put into words."""

import json
from datetime import date
from decimal import Decimal

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies.evaluation.findings_codec import as_plain, from_plain, said_from_plain, said_to_plain, to_plain
from policies.model.findings import Evidence, Finding, Proposal, Role
from policies.model.notes import Clause, Note, Said, Series, in_order, sorting, together

NAMES = st.text("abcdefghij_", min_size=1, max_size=6)
WORDS = st.text(max_size=12)


def evidence(said: st.SearchStrategy[Said]) -> st.SearchStrategy[Evidence]:
    return st.builds(Evidence, WORDS, said, WORDS, st.sampled_from(Role))


def notes(said: st.SearchStrategy[Said]) -> st.SearchStrategy[Said]:
    figure = st.one_of(
        said,
        st.integers(-9, 9),
        st.dates(),
        st.decimals(allow_nan=False, allow_infinity=False, places=2),
        st.builds(Clause, said),
        st.lists(evidence(said), max_size=3).map(tuple),
    )
    note = st.tuples(NAMES, st.dictionaries(NAMES, figure, max_size=3)).map(lambda one: Note(one[0], **one[1]))
    return note | st.builds(Series, st.lists(said, max_size=3).map(tuple), st.sampled_from((", ", "; ", " ")))


SAID: st.SearchStrategy[Said] = st.recursive(WORDS, notes, max_leaves=8)


@given(SAID)
def test_what_is_said_comes_back_as_it_was_kept(said: Said) -> None:
    kept = json.loads(json.dumps(said_to_plain(said)))
    assert said_from_plain(kept) == said
    assert said_from_plain(said) == said


@given(SAID, evidence(SAID))
def test_findings_come_back_as_they_were_kept(said: Said, shown: Evidence) -> None:
    proposal = Proposal((shown._replace(role=Role.POSSIBLE),), said, True, said, said)
    found = {"x": Finding.unknown(said, (shown._replace(role=Role.POSSIBLE),)), "y": Finding.no((AGAINST,), said)}
    found["x"] = Finding(found["x"].state, None, found["x"].evidence, said, proposals=(proposal,))
    kept = orjson.loads(orjson.dumps(to_plain(found), as_plain, orjson.OPT_PASSTHROUGH_DATETIME))
    assert from_plain(kept) == found


AGAINST = Evidence("Observation/1", Note("her2.report", name="a report"), "2026-01-01", Role.AGAINST)


def test_figures_of_several_kinds_are_kept_by_what_they_are() -> None:
    note = Note("k", n=2, day=date(2026, 5, 6), kg=Decimal("71.5"), said=Clause(Note("b")), found=(AGAINST,))
    assert said_to_plain(note) == {
        "key": "k",
        "figures": {
            "n": 2,
            "day": {"date": "2026-05-06"},
            "kg": {"number": "71.5"},
            "said": {"said": {"key": "b", "figures": {}}},
            "found": [
                {
                    "reference": "Observation/1",
                    "summary": {"key": "her2.report", "figures": {"name": "a report"}},
                    "date": "2026-01-01",
                    "role": "against",
                }
            ],
        },
    }


@pytest.mark.parametrize("plain", [None, 7, [], {}, {"key": "k"}, {"key": "k", "figures": {}, "more": 1}])
def test_what_says_nothing_is_refused(plain: object) -> None:
    with pytest.raises(ValueError, match="says nothing"):
        said_from_plain(plain)
    with pytest.raises(TypeError):
        as_plain(plain)


def test_notes_are_joined_and_nothing_is_said_of_nothing() -> None:
    one, two = Note("a"), Note("b")
    assert together() == together("", "") == ""
    assert together("", one) == one
    assert together(one, "", two) == Series((one, two), " ")
    assert together(one, two, between="; ") == Series((one, two), "; ")


@given(st.lists(evidence(SAID), max_size=6))
def test_the_order_of_evidence_is_one_whatever_order_it_came_in(items: list[Evidence]) -> None:
    found = in_order(items)
    assert in_order(reversed(found)) == found
    assert len(found) == len(set(items))


@given(SAID, SAID)
def test_notes_and_words_stand_in_one_order(one: Said, other: Said) -> None:
    if isinstance(one, Note):
        assert (one < other) is (sorting(one) < sorting(other))
        assert (one > other) is (sorting(one) > sorting(other))
