"""Proposals as values: they stand in a record, never count by themselves, and keep their name."""

import json

import pytest

from policies.evaluation.findings_codec import from_plain, to_plain
from policies.model.findings import Evidence, Finding, Origin, Proposal, Range, Role

SHOWN = Evidence("Observation/o1", "ECOG PS 1", "2026-11-12", Role.POSSIBLE)
ONE = Proposal((SHOWN,), "ECOG PS 1", Range.exactly(1), "ECOG: 1. Is that right?")


def test_what_is_proposed_stands_in_a_record_and_does_not_count() -> None:
    with pytest.raises(ValueError, match="stands in a record"):
        Proposal((), "x", value := True, "?")
    with pytest.raises(ValueError, match="does not count by itself"):
        Proposal((SHOWN._replace(role=Role.FOR),), "x", value, "?")


def test_its_name_hangs_on_record_words_and_meaning_alone() -> None:
    same = Proposal(
        (SHOWN._replace(date="2026-11-13", summary="other"),), ONE.words, ONE.means, "Asked otherwise", "Why"
    )
    assert same.id == ONE.id == ONE.answered(True).id
    others = [
        Proposal((SHOWN._replace(reference="Observation/o2"),), ONE.words, ONE.means, ONE.asks),
        Proposal((SHOWN,), "ECOG PS 2", ONE.means, ONE.asks),
        Proposal((SHOWN,), ONE.words, Range.exactly(2), ONE.asks),
        Proposal((SHOWN,), ONE.words, ONE.means, ONE.asks, counts=("prior_lines",)),
    ]
    assert len({ONE.id, *(one.id for one in others)}) == 5


def test_they_are_kept_with_the_finding_and_what_was_kept_before_still_reads() -> None:
    line = Proposal((SHOWN,), "THP", Range(1), "?", "Why", ("a", "b"), answer=False)
    found = Finding(
        state=Finding.unknown().state, evidence=(SHOWN,), note="note", origin=Origin.ANSWER, proposals=(ONE, line)
    )
    kept = json.loads(json.dumps(to_plain({"ecog": found})))
    assert from_plain(kept) == {"ecog": found}
    assert found.proposed == (ONE,)
    del kept["ecog"]["proposals"]
    assert from_plain(kept)["ecog"].proposals == ()
