"""The kinds of fact: the closed list of what a policy can ask a chart.

A policy names a kind and gives it its figures and value sets. How a kind is read from FHIR is written in
`fhir_mappings`; here stands what a policy file must say about it. Anything cleverer than an operator is a new kind.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from types import MappingProxyType


class Answer(Enum):
    """The type of a fact's value, and so of the answer to its question."""

    YES_NO = "yes-no"
    CHOICE = "choice"
    NUMBER = "number"


class Parameter(Enum):
    """What a kind must be given in the policy file."""

    CODES = "the name of a value set of codes"
    DRUGS = "the name of a value set of drugs"
    DRUGS_OR_ALL = "the name of a value set of drugs, or 'all'"
    DAYS = "a number of days"
    DAYS_OR_NONE = "a number of days, or 'none'"
    LINES = "a number of lines, or nothing"
    SETTING = "'any', 'metastatic' or 'advanced'"
    DEFINITION = "the name of a definition of this policy"
    RESOURCES = "a list of FHIR resource types"

    @property
    def is_optional(self) -> bool:
        """Return whether a policy may leave the parameter out."""
        return self is Parameter.LINES


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of fact: its answer, the parameters that it needs, and how it stands where nothing is said of it.

    `settled` is None for every clinical fact: silence is unknown. The kinds that have a value need no question.
    `highest` is the greatest number that a scale knows; None for a count, which has no end, and for any other answer.
    """

    name: str
    answer: Answer
    parameters: Mapping[str, Parameter]
    settled: bool | None = None
    highest: int | None = None


def _kind(
    name: str, answer: Answer, *, settled: bool | None = None, highest: int | None = None, **parameters: Parameter
) -> Kind:
    return Kind(name, answer, MappingProxyType(parameters), settled, highest)


_YES_NO, _CHOICE, _NUMBER = Answer.YES_NO, Answer.CHOICE, Answer.NUMBER
_CODES, _DRUGS, _DAYS = Parameter.CODES, Parameter.DRUGS, Parameter.DAYS

_ALL = (
    _kind("patient_deceased", _YES_NO, settled=False),
    _kind("diagnosis", _YES_NO, suggests=_CODES),
    _kind("disease_extent", _CHOICE, stage_tests=_CODES, stages=_CODES, secondary=_CODES, recurrent=_CODES),
    _kind(
        "her2_ihc",
        _CHOICE,
        tests=_CODES,
        scores=_CODES,
        words=_CODES,
        methods=_CODES,
        supports=_CODES,
        definition=Parameter.DEFINITION,
    ),
    _kind(
        "her2_ish",
        _CHOICE,
        tests=_CODES,
        words=_CODES,
        methods=_CODES,
        supports=_CODES,
        definition=Parameter.DEFINITION,
    ),
    _kind("prior_regimens", _NUMBER, drugs=Parameter.DRUGS_OR_ALL, setting=Parameter.SETTING),
    _kind("drug_given", _YES_NO, drugs=_DRUGS),
    _kind("combination_partner", _CHOICE, drugs=_DRUGS, within_days=_DAYS),
    _kind("performance_status", _NUMBER, highest=5, tests=_CODES, scores=_CODES, within_days=_DAYS),
    _kind(
        "relapse", _YES_NO, stated=_CODES, status_tests=_CODES, statuses=_CODES, refractory_from_lines=Parameter.LINES
    ),
    _kind("progression_on_therapy", _YES_NO, status_tests=_CODES, statuses=_CODES, within_days=_DAYS),
    _kind("intolerance", _YES_NO, reasons=_CODES),
    _kind("document", _YES_NO, resources=Parameter.RESOURCES, within_days=_DAYS),
    _kind("treatment_duration", _YES_NO, settled=True, maximum_days=Parameter.DAYS_OR_NONE),
    _kind("own_authorization", _YES_NO, settled=False),
)

KINDS: Mapping[str, Kind] = MappingProxyType({kind.name: kind for kind in _ALL})
"""Every kind by its name."""
