"""What a kind of fact is: one record that says all that a policy file, a form and a check must know of it.

A policy names a kind and gives it its figures and value sets. The kinds themselves stand in `policies.kinds`; how each
is read from FHIR stands in `fhir_mappings.facts`. Anything cleverer than an operator is a new kind.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from types import MappingProxyType

from policies.model.case_words import CaseWord, Example


class Answer(Enum):
    """The type of a fact's value, and so of the answer to its question."""

    YES_NO = "yes-no"
    CHOICE = "choice"
    NUMBER = "number"
    """A whole number that is not below nought: a count, or the grade of a scale."""
    MEASURE = "measured number"
    """A decimal number in the unit of its fact, which can lie below nought."""

    @property
    def is_number(self) -> bool:
        """Return whether it is held against figures."""
        return self in (Answer.NUMBER, Answer.MEASURE)


class Parameter(Enum):
    """The type of what a kind must be given in the policy file."""

    CODES = "codes"
    TESTS = "codes of tests"
    """By these codes results are asked of an EHR, and found in a chart."""
    DIAGNOSES = "codes of diagnoses"
    """With one of these codes a diagnosis on record can prove."""
    PROCEDURES = "codes of procedures"
    """With one of these codes a procedure on record can prove."""
    VACCINES = "codes of vaccines"
    """With one of these codes a vaccination on record can prove."""
    DRUGS = "drugs"
    DRUGS_OR_ALL = "drugs or all"
    DAYS = "days"
    DAYS_OR_NONE = "days or none"
    UNIT = "a unit"
    PERCENT = "percent"
    FIGURE = "a number"
    WORD = "a word"
    TEXT = "a text"
    LINES = "lines"
    SETTING = "a setting"
    DEFINITION = "a definition"
    RESOURCES = "resources"

    @property
    def takes(self) -> str:
        """Return what is written for it, in words for the author of a policy."""
        return _TAKES[self]

    @property
    def is_codes(self) -> bool:
        """Return whether it names a value set of codes, whatever these are codes of."""
        return self in _OF_CODES

    @property
    def is_drugs(self) -> bool:
        """Return whether it names a value set of drugs."""
        return self in (Parameter.DRUGS, Parameter.DRUGS_OR_ALL)


_OF_CODES = frozenset({Parameter.CODES, Parameter.TESTS, Parameter.DIAGNOSES, Parameter.PROCEDURES, Parameter.VACCINES})
_A_SET_OF_CODES = "the name of a value set of codes"
_TAKES: Mapping[Parameter, str] = MappingProxyType(
    {
        Parameter.CODES: _A_SET_OF_CODES,
        Parameter.TESTS: _A_SET_OF_CODES,
        Parameter.DIAGNOSES: _A_SET_OF_CODES,
        Parameter.PROCEDURES: _A_SET_OF_CODES,
        Parameter.VACCINES: _A_SET_OF_CODES,
        Parameter.DRUGS: "the name of a value set of drugs",
        Parameter.DRUGS_OR_ALL: "the name of a value set of drugs, or 'all'",
        Parameter.DAYS: "a number of days",
        Parameter.DAYS_OR_NONE: "a number of days, or 'none'",
        Parameter.UNIT: "a unit of UCUM that its tests are measured in",
        Parameter.PERCENT: "the unit '%', of what its tests were before",
        Parameter.FIGURE: "a number",
        Parameter.WORD: "one of its words",
        Parameter.TEXT: "a text",
        Parameter.LINES: "a number of lines, or nothing",
        Parameter.SETTING: "'any', 'metastatic' or 'advanced'",
        Parameter.DEFINITION: "the name of a definition of this policy",
        Parameter.RESOURCES: "a list of FHIR resource types",
    }
)


@dataclass(frozen=True, slots=True)
class ChartOptions:
    """The options of a choice that a chart can give.

    They are `words`, and what `parameter` holds: the names of its drugs, or the scores of its definition. If a chart
    gives them `alone`, an option of another name could only ever be a slip.
    """

    words: frozenset[str] = frozenset()
    parameter: str = ""
    alone: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class ResultWords:
    """By which words results of a kind are known where no code tells: they never prove, and may be newer (reading 20).

    `named` finds the name of its test in texts, displays and local codes; what the words of a test's code must name
    of it, if it has words at all, is `expected`. Is the name `distinct`, it denies the code of any other test. On a
    `scale` of its own, another scale is another test; else the name of another marker is. What is `kept` beside them is
    shown and no result of the test: a gene by its number, a code of genetic variants. Words `of_others` beside the name
    make it the name of another test.
    """

    named: re.Pattern[str]
    expected: re.Pattern[str] | None = None
    distinct: bool = False
    scale: bool = False
    kept: re.Pattern[str] | None = None
    of_others: re.Pattern[str] | None = None


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Kind:
    """A kind of fact, in the language of policies; there is one record of each, and it is compared as that.

    `finds` says in a few words what it finds out. Of its parameters those that are `optional` can be left out; one that
    is a word takes those under `takes_words`. `settled` is None for every clinical fact: silence is unknown. The
    kinds that have a value need no question. `highest` is the greatest number that a scale knows; None for a count,
    which has no end, and for any other answer. `options` are what a chart can say of a choice.

    A measured number that is not `on_scale` is none of its tests, but worked out of several.

    Asked `of_today`, an older record than `within_days` says less, and one without a date nothing. A yes that speaks
    `against_course` is reported to the payer's reviewer while the ordered drug is authorized.

    `tests` are the words by which its results are named, `searched` those by which any record may speak of it: in
    lower case, without accents, beginnings of words (a bar ends a word). `case_words` are the verbs of cases by which a
    patient is drawn for it, with the value sets in `usual` where the policy does not ask for it. Every example is run.
    """

    name: str
    answer: Answer
    finds: str
    parameters: Mapping[str, Parameter] = field(default_factory=dict)
    optional: frozenset[str] = frozenset()
    takes_words: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    settled: bool | None = None
    highest: int | None = None
    options: ChartOptions | None = None
    on_scale: bool = True
    of_today: bool = False
    against_course: bool = False
    tests: ResultWords | None = None
    searched: tuple[str, ...] = ()
    usual: Mapping[str, str] = field(default_factory=dict)
    case_words: tuple[CaseWord, ...] = ()
    examples: tuple[Example, ...] = ()

    def __repr__(self) -> str:
        """Return its name: a finding or a ruling that is printed names its kinds, and does not repeat the records."""
        return f"<Kind {self.name}>"


def takes(**parameters: Parameter) -> Mapping[str, Parameter]:
    """Return the parameters of a kind, in the order in which its author names them."""
    return MappingProxyType(parameters)


def usually(**sets: str) -> Mapping[str, str]:
    """Return the value sets that stand for parameters of a kind where no policy gives them."""
    return MappingProxyType(sets)


_BETWEEN_PARTS = r"[\s_-]*"


def named_pattern(word: str) -> str:
    """Return the pattern of a name that a value set gives its tests: the beginning of a word, however it is spaced."""
    parts = (re.escape(part) for part in re.split(r"[ -]+", word))
    return rf"\b{_BETWEEN_PARTS.join(parts)}"


def words(pattern: str) -> re.Pattern[str]:
    """Return a pattern of words in any case."""
    return re.compile(pattern, re.IGNORECASE)
