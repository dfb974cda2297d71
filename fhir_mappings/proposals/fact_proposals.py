"""Proposals for the facts of a policy: what is shown and may not decide, with what it would mean for the fact.

The record of a kind of fact says what the words of a piece of possible evidence would mean; a person who sees the
words confirms it, or does not. Nothing here changes a truth.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from fhir_mappings.chart.evidence import as_role
from fhir_mappings.chart.policy_chart import Reading
from fhir_mappings.clinical.dates import span
from fhir_mappings.facts.prior_regimens import COUNTED
from fhir_mappings.findings.fhir_kinds import FHIR_KINDS
from fhir_mappings.meanings.english import in_english
from fhir_mappings.meanings.of_words import Seen
from fhir_mappings.proposals.lines import proposed_lines
from fhir_mappings.proposals.strength import strength_of
from policies.evaluation.comparison import judge
from policies.model.criteria import Fact
from policies.model.findings import Evidence, Finding, Interval, Proposal, Range, Role, State, Value, proposal_id
from policies.model.notes import Note, Said, together
from policies.model.policy import Policy
from policies.model.truth import Truth

PROPOSABLE = frozenset({*(kind.name for kind, record in FHIR_KINDS.items() if record.means is not None), COUNTED})
"""The kinds of fact that can have proposals."""
_MOST = 8


def proposing(reading: Reading, facts: Iterable[Fact], findings: Mapping[str, Finding]) -> dict[str, Finding]:
    """Return the findings with what is proposed for those that leave a criterion open.

    Of a contradiction each side is proposed: a person says which stands.
    """
    found = dict(findings)
    proposable = (fact for fact in facts if fact.kind.name in PROPOSABLE)
    open_ = tuple(fact for fact in proposable if is_open(reading.policy, fact, findings[fact.name]))
    for fact in open_:
        made = _proposals(reading, fact, findings[fact.name], open_)
        if made:
            found[fact.name] = replace(findings[fact.name], proposals=made)
    return found


def is_open(policy: Policy, fact: Fact, found: Finding) -> bool:
    """Return whether a fact leaves a criterion open that rests on it, for want of knowledge."""
    if found.state is not State.KNOWN:
        return True
    if isinstance(found.value, Range) and found.value.at_least == found.value.at_most:
        return False
    if not isinstance(found.value, Range | Interval):
        return False
    return any(judge(leaf, fact, found) is Truth.UNKNOWN for leaf in policy.tests_on(fact))


def _proposals(reading: Reading, fact: Fact, found: Finding, facts: tuple[Fact, ...]) -> tuple[Proposal, ...]:
    if fact.kind.name == COUNTED:
        return tuple(one for one in proposed_lines(reading, facts) if fact.name in one.counts)
    of_what = _of_sides if found.state is State.CONFLICTING else _of_evidence
    made = {one.id: one for one in of_what(reading, fact, found)}
    newest = sorted(made.values(), key=lambda one: one.date, reverse=True)
    return tuple(newest[:_MOST])


def _of_evidence(reading: Reading, fact: Fact, found: Finding) -> Iterator[Proposal]:
    read = FHIR_KINDS[fact.kind].means
    for item in found.evidence:
        seen = Seen(reading, fact, item)
        is_asked = item.role is Role.POSSIBLE and not seen.is_turned_round
        means = read(seen) if is_asked and read is not None else None
        if means is not None:
            old = _is_old(reading, fact, item)
            key = "proposal.today" if old else "proposal.value"
            asks = Note(key, what=fact.what, value=said_value(means))
            proof = item._replace(strength=strength_of(reading, item, is_old=old))
            name = proposal_id(item.reference, in_english(item.summary), means, is_line=False)
            yield Proposal((proof,), item.summary, means, asks, name=name)


def _of_sides(reading: Reading, fact: Fact, found: Finding) -> Iterator[Proposal]:
    read = FHIR_KINDS[fact.kind].stands
    for side in read(reading, fact, found) if read is not None else ():
        asks = Note("proposal.stands", what=fact.what, value=said_value(side.means))
        shown = as_role(side.evidence, Role.POSSIBLE)
        proofs = tuple(item._replace(strength=strength_of(reading, item, is_old=False)) for item in shown)
        words = together(*(item.summary for item in side.evidence), between=", ")
        name = proposal_id(proofs[0].reference, in_english(words), side.means, is_line=False)
        yield Proposal(proofs, words, side.means, asks, name=name)


def _is_old(reading: Reading, fact: Fact, item: Evidence) -> bool:
    """Return whether a record is older than the policy takes for today's, or does not say of when it is."""
    days = fact.parameters.get("within_days")
    if not fact.kind.of_today or not isinstance(days, int):
        return False
    when = span(item.date)
    return when is None or when.days_before(reading.as_of)[1] > days


def said_value(value: Value) -> Said:
    """Return what is said of a value."""
    if isinstance(value, Range):
        return str(value.at_least)
    if isinstance(value, Interval):
        return value.in_signs
    return value if isinstance(value, str) else Note("answer.yes" if value else "answer.no")
