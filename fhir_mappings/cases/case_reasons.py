"""Why a case came out as it did, in plain words: the criteria that made it so, each with its note and evidence."""

from collections.abc import Iterator

from fhir_mappings.wording import wording
from policies.evaluation.causes import deciding, reasons_of, truths_of
from policies.evaluation.ruling import Reason, Ruling
from policies.model.criteria import Group, Leaf
from policies.model.findings import Finding
from policies.model.notes import Said
from policies.model.truth import Truth

_NOTHING = "nothing speaks for or against"


def said(words: Said) -> str:
    """Return what is said in English, which cases are written in."""
    return wording().words(words)


def why(reason: Reason, ruling: Ruling | None = None) -> str:
    """Return why a criterion stands as it does; of a group, in its ruling, which of its parts make it so."""
    if ruling is not None and isinstance(reason.criterion, Group) and reason.truth is not Truth.MET:
        return "; ".join(_parts(reason.criterion, ruling)) or _NOTHING
    parts = (said(reason.note), wording().listed(reason.evidence))
    return "; ".join(part for part in parts if part) or _NOTHING


def _parts(group: Group, ruling: Ruling) -> Iterator[str]:
    truths, known = truths_of(ruling), reasons_of(ruling)
    for node in deciding(group, truths):
        yield f"{node.id} is {truths[node.id].value} ({why(known[node.id], ruling)})"


def why_ruled(ruling: Ruling) -> str:
    """Return why a request is ruled as it is: each criterion on a fact that makes it so."""
    if ruling.truth is Truth.MET:
        return "every criterion is met"
    known = reasons_of(ruling)
    leaves = [one.criterion for one in ruling.questions if ruling.truth is Truth.UNKNOWN]
    causes = ruling.failures or tuple(known[leaf.id] for leaf in leaves)
    return "; ".join(f"{one.criterion.id} is {one.truth.value} ({why(one)})" for one in causes)


def why_not_asked(name: str, finding: Finding | None, ruling: Ruling) -> str:
    """Return why the question of a fact is not asked: it is known, or can change the ruling no more."""
    used = (one for one in ruling.reasons if isinstance(one.criterion, Leaf) and one.criterion.fact == name)
    first = next(used, None)
    if first is None:
        return "no criterion of this request uses it"
    if first.truth is Truth.UNKNOWN or finding is None:
        return "no answer to it could change the ruling any more"
    return f"{first.criterion.id} is {first.truth.value} ({why(first)})"
