"""Why a criterion stands as it does: the same for cards, reasons and reports."""

import re
from dataclasses import dataclass

from fhir_mappings.findings.gathered import lacking_word
from fhir_mappings.judgement.judge import Judgement
from fhir_mappings.wording import Wording
from policies.evaluation.causes import deciding, truths_of
from policies.evaluation.ruling import Reason, Ruling
from policies.model.criteria import Group, Leaf, Node, walk
from policies.model.notes import Clause, Evidence, Note, Said, Series
from policies.model.truth import Truth

LACKING = frozenset({"note.lacking", "note.incomplete"})
"""What is said of a chart of which part is not at hand: where all criteria are met, and where they are not."""


@dataclass(frozen=True, slots=True)
class Explanation:
    """A ruling that can be asked why."""

    ruling: Ruling

    def is_open(self, node: Node) -> bool:
        """Whether an open question lies at or below a node; an unknown that no longer matters has none."""
        asked = {question.fact.name for question in self.ruling.questions}
        return any(isinstance(one, Leaf) and one.fact in asked for one in walk(node))

    def note(self, reason: Reason) -> Said:
        """Return why a criterion is not met or open; a leaf's own note also where it is met."""
        if isinstance(reason.criterion, Group):
            return self._group_note(reason.criterion, reason.truth)
        if not reason.note and reason.truth is Truth.NOT_MET:
            return Note("note.against", found=reason.evidence)
        return reason.note

    def against(self, reason: Reason) -> Note:
        """Return why a criterion on a fact makes the whole not met."""
        note = self.note(reason) or Note("note.against", found=reason.evidence)
        return Note("reason.against", criterion=blamed(reason.criterion, reason.truth), note=Clause(note))

    def _group_note(self, group: Group, truth: Truth) -> Said:
        if truth is Truth.MET:
            return ""
        key = "note.group_open" if truth is Truth.UNKNOWN else "note.group_against"
        truths = truths_of(self.ruling)
        return Note(key, parts=Series(tuple(blamed(node, truths[node.id]) for node in deciding(group, truths)), "; "))


def blamed(node: Node, truth: Truth) -> Said:
    """Return how a criterion that makes others not met, or open, is called: one that is met is one that must not be."""
    return Note("note.barred", criterion=node.says) if truth is Truth.MET else node.says


def is_named(reference: str, note: str) -> bool:
    """Whether a note names a resource; `Observation/1` is not named by `Observation/12`."""
    return re.search(rf"(?<![A-Za-z0-9]){re.escape(reference)}(?!\.?[A-Za-z0-9-])", note) is not None


def shown(evidence: Evidence, say: Wording) -> str:
    """Write evidence for a card: what it is and when."""
    summary = say.words(evidence.summary)
    return f"{summary} ({evidence.date})" if evidence.date else summary


def lacking_note(judgement: Judgement) -> Said:
    """Return what to say of a ruling that rests on a chart of which part is not at hand; empty for a whole chart."""
    if not judgement.lacking or judgement.ruling is None:
        return ""
    found = Series(tuple(dict.fromkeys(lacking_word(kind) for kind in judgement.lacking)))
    return Note("note.lacking" if judgement.ruling.truth is Truth.MET else "note.incomplete", found=found)


def course_note(judgement: Judgement) -> Said:
    """Return what to say of an earlier course of the drug, which is over; empty where there was none."""
    earlier, policy = judgement.earlier, judgement.policy
    if earlier is None or policy is None:
        return ""
    return Note("note.earlier_course", first=earlier.first.written, days=policy.within_days or 0)


def date_note(judgement: Judgement) -> Said:
    """Return what to say of an order's date that could not be used; empty if it could."""
    if judgement.as_of.future:
        return Note("note.future", date=judgement.as_of.future[:10])
    return Note("note.unread_date", date=judgement.as_of.unread) if judgement.as_of.unread else ""
