"""What was proposed to a person, by the items that took the yes or no: in a static form, and record by record.

In a static form one yes or no is about all that its text quotes. In an adaptive form, and on the form page, each record
has an item of its own.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from fhir_mappings.facts.prior_regimens import COUNTED
from fhir_mappings.forms.form import Form, confirm_id, confirmed_fact, shown_id
from fhir_mappings.wording import Wording, languages, wording
from policies.evaluation.comparison import judge
from policies.model.criteria import Fact, Leaf, walk
from policies.model.findings import Finding, Origin, Proposal, Range, State
from policies.model.truth import Truth

Json = dict[str, Any]
Findings = Mapping[str, Finding]


@dataclass(frozen=True, slots=True)
class Offered:
    """What was proposed by the revisions of a determination, the newest first."""

    revisions: tuple[Findings, ...] = ()

    def by(self, form: Form, link_id: str, shown: str | None, say: Wording) -> tuple[Proposal, ...]:
        """Return what an item took a yes or no to; `shown` is the text beside it in a static form, None without one."""
        asked = confirmed_fact(link_id)
        if asked is None or asked[0] not in form.questions:
            return ()
        name, proposal = asked
        if proposal:
            return self._record(proposal)
        for revision in self.revisions:
            found = at_once(form, form.questions[name], revision)
            if found and (shown is None or _folded(shown) in _quotes(found, say)):
                return found
        return ()

    def _record(self, proposal: str) -> tuple[Proposal, ...]:
        every = (one for revision in self.revisions for finding in revision.values() for one in finding.proposals)
        return next(((one.answered(None),) for one in every if one.id == proposal), ())


NOTHING_OFFERED = Offered()


def at_once(form: Form, fact: Fact, findings: Findings) -> tuple[Proposal, ...]:
    """Return what a static form quotes for a fact, to be confirmed as a whole.

    Nothing where the records mean different things, or where all of them together would not be enough.
    """
    found = findings.get(fact.name)
    open_ = wanted(form, fact, found)
    agree = len({repr(one.means) for one in open_}) == 1 and not contradictory(form, fact, found)
    return open_ if found is not None and agree and settles(form, fact, found) else ()


def contradictory(form: Form, fact: Fact, found: Finding | None) -> tuple[Proposal, ...]:
    """Return the sides of a contradiction, of which a static form asks by its question which stands."""
    return wanted(form, fact, found) if found is not None and found.state is State.CONFLICTING else ()


def wanted(form: Form, fact: Fact, found: Finding | None) -> tuple[Proposal, ...]:
    """Return what is proposed for a fact and nobody answered, as long as the fact leaves some criterion open."""
    if found is None or not found.proposed or (found.state is State.KNOWN and fact.kind.name != COUNTED):
        return ()
    tests = _tests(form, fact)
    return found.proposed if any(judge(leaf, fact, found) is Truth.UNKNOWN for leaf in tests) else ()


def _tests(form: Form, fact: Fact) -> list[Leaf]:
    nodes = walk(form.policy.requests[form.request].criteria)
    return [node for node in nodes if isinstance(node, Leaf) and node.fact == fact.name]


def settles(form: Form, fact: Fact, found: Finding) -> bool:
    """Return whether a yes to what is proposed for a fact settles every criterion on it."""
    if fact.kind.name != COUNTED:
        return bool(found.proposed)
    lowest = found.value.at_least if isinstance(found.value, Range) else 0
    count = Finding.known(Range(lowest + len(found.proposed)), origin=Origin.ANSWER)
    tests = _tests(form, fact)
    return bool(found.proposed) and all(judge(leaf, fact, count) is not Truth.UNKNOWN for leaf in tests)


def owners(form: Form, findings: Findings, asked: Collection[str]) -> dict[str, tuple[Proposal, ...]]:
    """Return what is proposed for each fact that is asked; a line that several counts hang on stands once."""
    seen: set[str] = set()
    found: dict[str, tuple[Proposal, ...]] = {}
    for name in form.questions:
        of_fact = wanted(form, form.questions[name], findings.get(name)) if name in asked else ()
        found[name] = tuple(one for one in of_fact if one.id not in seen)
        seen.update(one.id for one in of_fact)
    return {name: some for name, some in found.items() if some}


def question(one: Proposal, say: Wording) -> str:
    """Return a proposal as the one question that a click answers: the words, where they stand, what they would mean."""
    words, proof = say.words(one.words), one.evidence[0]
    place = say(f"place.{proof.place}") if proof.place else ""
    date = "" if one.date in words else say.day(one.date)
    where = ", ".join(part for part in (place, date) if part)
    record = say("proposal.record", words=words, where=where) if where else words
    key = "proposal.item_why" if one.why else "proposal.item"
    return say(key, record=record, asks=say.words(one.asks), why=say.words(one.why))


def quoted(some: Iterable[Proposal], say: Wording) -> str:
    """Return what a static form quotes."""
    return "\n".join(question(one, say) for one in some)


def _quotes(some: Collection[Proposal], say: Wording) -> Iterator[str]:
    """Yield what a static form may have quoted: in any language, and with its dates as people write them or as data."""
    ways = (one for language in languages() for one in (wording(language), wording(language).dated))
    yield from (_folded(quoted(some, one)) for one in (say, *ways))


def static_items(form: Form, findings: Findings, say: Wording) -> dict[str, list[Json]]:
    """Return by fact the items of a static draft with what is proposed: the text, filled in, and the open question."""
    made: dict[str, list[Json]] = {}
    for name, fact in form.questions.items():
        shown: Json = {"linkId": shown_id(fact), "text": say("form.shown")}
        if torn := contradictory(form, fact, findings.get(name)):
            text = "\n".join((say("form.which_stands"), quoted(torn, say)))
            made[name] = [shown | {"answer": [{"valueString": text}]}]
        elif some := at_once(form, fact, findings):
            key = "form.confirm_lines" if fact.kind.name == COUNTED else "form.confirm_shown"
            answer = [{"valueString": quoted(some, say)}]
            made[name] = [shown | {"answer": answer}, {"linkId": confirm_id(fact), "text": say(key)}]
    return made


def _folded(text: str) -> str:
    return " ".join(text.split())
