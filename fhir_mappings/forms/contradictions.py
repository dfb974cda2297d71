"""Answers of one form that cannot all be true: a part that is more than its whole, a drug given in no therapy.

Only what the questions themselves say is held against each other: which drugs are counted, and in which setting. No
message repeats a value.
"""

from collections.abc import Iterator, Mapping
from itertools import permutations
from types import MappingProxyType

from fhir_mappings.forms.form import Form
from policies.kinds.treatment import DRUG_GIVEN
from policies.model.criteria import Fact
from policies.model.fact_kinds import Parameter
from policies.model.findings import Range, Value
from policies.model.notes import Note

_WIDTH: Mapping[object, int] = MappingProxyType({"metastatic": 0, "advanced": 1, "any": 2})
"""Metastatic disease is advanced disease, and that is one of any."""
_EVERY_DRUG = "all"


def contradictions(form: Form, values: Mapping[str, Value]) -> Iterator[tuple[str, Note]]:
    """Yield the linkId of each answer that another one rules out, and why; `values` are the answers, by linkId."""
    counts = [fact for fact in form.questions.values() if _counts(fact)]
    for part, whole in permutations(counts, 2):
        if _is_part(part, whole) and _number(values, part) > _number(values, whole, unanswered=float("inf")):
            yield part.name, Note("fault.part", whole=whole.what)
    every = next((one for one in counts if _is_whole(one)), None)
    for fact in form.questions.values():
        given = fact.kind is DRUG_GIVEN and values.get(fact.name) is True
        if every is not None and given and _number(values, every, unanswered=1) == 0:
            yield fact.name, Note("fault.of_none", whole=every.what)


def _counts(fact: Fact) -> bool:
    return Parameter.SETTING in fact.kind.parameters.values()


def _is_whole(fact: Fact) -> bool:
    return (fact.parameters.get("drugs"), fact.parameters.get("setting")) == (_EVERY_DRUG, "any")


def _is_part(part: Fact, whole: Fact) -> bool:
    """Whether whatever one question counts is counted by another too."""
    drugs, of_drugs = part.parameters.get("drugs"), whole.parameters.get("drugs")
    setting, of_setting = (_WIDTH[one.parameters.get("setting")] for one in (part, whole))
    return (of_drugs in {drugs, _EVERY_DRUG}) and setting <= of_setting


def _number(values: Mapping[str, Value], fact: Fact, unanswered: float = 0) -> float:
    value = values.get(fact.name)
    return value.at_least if isinstance(value, Range) else unanswered
