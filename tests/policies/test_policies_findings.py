import pytest

from policies.model.findings import Evidence, Finding, Origin, Range, Role, State, Strength

FOR = Evidence("Observation/1", "ECOG 1", "2026-01-02")
AGAINST = Evidence("Condition/1", "in remission", role=Role.AGAINST)
POSSIBLE = Evidence("DocumentReference/1", "a note", role=Role.POSSIBLE)


def test_evidence_for_and_against_counts_and_possible_evidence_does_not() -> None:
    assert [item.counts for item in (FOR, AGAINST, POSSIBLE)] == [True, True, False]


def test_evidence_is_strong_unless_it_says_otherwise() -> None:
    assert FOR.strength is Strength.STRONG
    assert FOR.role is Role.FOR


@pytest.mark.parametrize("state", [State.UNKNOWN, State.CONFLICTING])
def test_only_a_known_finding_has_a_value(state: State) -> None:
    with pytest.raises(ValueError, match="any other has none"):
        Finding(state, True, (FOR,))


def test_a_known_finding_needs_a_value() -> None:
    with pytest.raises(ValueError, match="a known finding has a value"):
        Finding(State.KNOWN, None, (FOR,))


@pytest.mark.parametrize("evidence", [(), (POSSIBLE,)])
def test_a_finding_known_from_a_chart_needs_evidence_that_counts(evidence: tuple[Evidence, ...]) -> None:
    with pytest.raises(ValueError, match="needs the evidence that shows it"):
        Finding.known(True, evidence)


@pytest.mark.parametrize("origin", [Origin.ANSWER, Origin.POLICY])
def test_an_answer_and_the_policy_itself_need_no_evidence(origin: Origin) -> None:
    assert Finding.known(False, origin=origin).value is False


@pytest.mark.parametrize("evidence", [FOR, AGAINST])
def test_evidence_that_counts_cannot_belong_to_an_unknown_finding(evidence: Evidence) -> None:
    with pytest.raises(ValueError, match="possible at most"):
        Finding.unknown("not clear", (POSSIBLE, evidence))


@pytest.mark.parametrize("evidence", [(), (POSSIBLE,)])
def test_a_conflict_needs_the_evidence_that_conflicts(evidence: tuple[Evidence, ...]) -> None:
    with pytest.raises(ValueError, match="evidence that conflicts"):
        Finding.conflicting("two sides", evidence)


def test_yes_and_no_are_known_with_their_evidence() -> None:
    yes, no = Finding.yes((FOR,), "seen"), Finding.no((AGAINST,), "refuted")
    assert (yes.state, yes.value, yes.evidence, yes.note) == (State.KNOWN, True, (FOR,), "seen")
    assert (no.state, no.value, no.evidence, no.note) == (State.KNOWN, False, (AGAINST,), "refuted")
    assert yes.origin is Origin.CHART


def test_an_unknown_finding_keeps_its_note_and_what_is_possible() -> None:
    finding = Finding.unknown("an older value", (POSSIBLE,))
    assert (finding.state, finding.value, finding.note) == (State.UNKNOWN, None, "an older value")
    assert finding.evidence == (POSSIBLE,)
    assert finding.counted == ()


def test_a_conflicting_finding_keeps_both_sides() -> None:
    finding = Finding.conflicting("two sides", (FOR, AGAINST, POSSIBLE))
    assert finding.state is State.CONFLICTING
    assert finding.value is None
    assert finding.counted == (FOR, AGAINST)


def test_possible_evidence_is_kept_beside_what_counts() -> None:
    finding = Finding.known(Range(2), (FOR, POSSIBLE))
    assert finding.evidence == (FOR, POSSIBLE)
    assert finding.counted == (FOR,)


@pytest.mark.parametrize(("low", "high"), [(1, 0), (5, 2), (0, -1)])
def test_a_range_cannot_end_before_it_begins(low: int, high: int) -> None:
    with pytest.raises(ValueError, match=f"a range from {low} cannot end at {high}"):
        Range(low, high)


def test_a_range_may_be_open_or_hold_one_number() -> None:
    assert Range(2).at_most is None
    assert Range.exactly(3) == Range(3, 3)
    assert Range(2, 3).at_most == 3


@pytest.mark.parametrize(("value", "field"), [(FOR, "summary"), (Range(1), "at_least"), (Finding.unknown(), "note")])
def test_findings_evidence_and_ranges_are_frozen(value: object, field: str) -> None:
    with pytest.raises(AttributeError):
        setattr(value, field, "changed")
