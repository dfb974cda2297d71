"""Kinds of fact: how the patient does."""

from policies.model import case_words
from policies.model.case_words import Example, one_of, result
from policies.model.fact_kinds import Answer, Kind, Parameter, ResultWords, takes, usually, words

PERFORMANCE_STATUS = Kind(
    "performance_status",
    Answer.NUMBER,
    "the newest ECOG grade, if it is recent enough",
    takes(tests=Parameter.TESTS, scores=Parameter.CODES, within_days=Parameter.DAYS),
    highest=5,
    of_today=True,
    tests=ResultWords(
        words(
            r"\becog\b|\bzubrod\b|\bwho (?:performance|ps)\b|performance[\s_-]+(?:status|score)|estado funcional|^ps$"
        ),
        words(r"ecog|zubrod|\bwho\b|perform|\bps\b|karnofsky|lansky|functional|funcional"),
        distinct=True,
        scale=True,
    ),
    searched=(
        "ecog|",
        "zubrod|",
        "who ps|",
        "who performance",
        "performance status",
        "estado funcional",
        r"ps(?: status)?(?: ?[:=]| of| is)? ?[0-4](?: ?- ?[0-4])?(?![0-9%/]|[.,][0-9])",
    ),
    usual=usually(tests="ecog-tests", scores="ecog-scores"),
    case_words=(
        result(
            "ecog",
            "An ECOG performance status: a grade or a range of two.",
            {"type": ["string", "integer"], "pattern": "^[0-5](-[0-5])?$", "minimum": 0, "maximum": 5},
            coded_as=one_of("LOINC", "SNOMED", "integer", "quantity", "text"),
            code=case_words.CODE,
            test=case_words.TEST,
            second_test=case_words.SECOND_TEST,
        ),
        result(
            "karnofsky",
            "A Karnofsky performance status, which is not converted.",
            {"type": "integer", "minimum": 0, "maximum": 100},
            test=case_words.TEST,
        ),
    ),
    examples=(
        Example(("{ecog: 1, on: order - 8d}",), "1"),
        Example(("{ecog: 1-2, on: order - 8d}",), "1 to 2"),
        Example(("{ecog: 1, on: order - 2y}",), "unknown"),
        Example(("{karnofsky: 80, on: order - 8d}",), "unknown"),
    ),
)

RECORDS = (PERFORMANCE_STATUS,)
