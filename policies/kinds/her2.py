"""Kinds of fact: HER2 of a tissue. By immunohistochemistry it builds on in situ hybridization, which stands first."""

from policies.model import case_words
from policies.model.case_words import Example, one_of, result
from policies.model.fact_kinds import Answer, ChartOptions, Kind, Parameter, ResultWords, takes, usually, words

_HER2 = r"\b(?:c-?)?(?:her|erb-?b)[-\s]?2"
_SEARCHED = ("c?-?her-?2", "her 2", "erb-?b-?2")

HER2_ISH = Kind(
    "her2_ish",
    Answer.CHOICE,
    "the HER2 result by in situ hybridization",
    takes(
        tests=Parameter.TESTS,
        words=Parameter.CODES,
        methods=Parameter.CODES,
        supports=Parameter.CODES,
        definition=Parameter.DEFINITION,
    ),
    options=ChartOptions(frozenset({"positive", "equivocal", "negative"}), alone=True),
    tests=ResultWords(words(_HER2), kept=words(r"\bHGNC:3430\b|\b69548-6\b")),
    searched=_SEARCHED,
    case_words=(
        result(
            "her2 ish",
            "A HER2 result by in situ hybridization: a word, or the numbers that were measured, or both.",
            one_of("positive", "equivocal", "negative", "indeterminate", "measured"),
            specimen=case_words.TEXT,
            reported_as=case_words.TEXT,
            ratio=case_words.FIGURE,
            copies=case_words.FIGURE,
            cep17=case_words.FIGURE,
            coded_as=one_of("LOINC", "SNOMED", "text", "component", "ratio"),
            code=case_words.CODE,
            test=case_words.TEST,
            method=case_words.METHOD,
        ),
    ),
    examples=(
        Example(("{condition: <disease>, on: order - 2y}", "{her2 ish: positive, on: order - 1y}"), "positive"),
        Example(("{condition: <disease>, on: order - 2y}", "{her2 overall: positive, on: order - 1y}"), "unknown"),
    ),
)
HER2_IHC = Kind(
    "her2_ihc",
    Answer.CHOICE,
    "the HER2 score by immunohistochemistry",
    takes(
        tests=Parameter.TESTS,
        scores=Parameter.CODES,
        words=Parameter.CODES,
        methods=Parameter.CODES,
        supports=Parameter.CODES,
        definition=Parameter.DEFINITION,
    ),
    options=ChartOptions(frozenset({"0", "1+", "2+", "3+", "negative"}), "definition", alone=True),
    tests=ResultWords(
        words(_HER2),
        words(
            rf"{_HER2}|\bihc\b|immun|inmuno|stain|\b[fcsd]*ish\b|hybridi|hibridaci|ratio|cop(?:y|ies)|signal|\bce[np]|"
            r"chromosome|probe|score|ampli"
        ),
        distinct=True,
    ),
    searched=_SEARCHED,
    usual=usually(tests="her2-tests", scores="her2-ihc-scores", words="result-words", methods="her2-methods"),
    case_words=(
        result(
            "her2 ihc",
            "A HER2 result by immunohistochemistry: a score, a range or a word.",
            {"type": ["string", "integer"], "minLength": 1, "minimum": 0, "maximum": 3},
            specimen=case_words.TEXT,
            reported_as=case_words.TEXT,
            coded_as=one_of("LOINC", "SNOMED", "display", "text", "component", "score", "integer"),
            code=case_words.CODE,
            test=case_words.TEST,
            second_test=case_words.SECOND_TEST,
            method=case_words.METHOD,
        ),
        result(
            "her2 overall",
            "An overall HER2 status that names no method.",
            one_of("positive", "equivocal", "negative", "indeterminate"),
            test=case_words.TEST,
            method=case_words.METHOD,
        ),
        result(
            "serum her2",
            "A HER2 level in the blood, which is no status of the tumor.",
            one_of("positive", "negative"),
            test=case_words.TEST,
        ),
    ),
    examples=(
        Example(("{condition: <disease>, on: order - 2y}", "{her2 ihc: 3+, on: order - 1y}"), "3+"),
        Example(("{condition: <disease>, on: order - 2y}", "{serum her2: positive, on: order - 1y}"), "unknown"),
    ),
)

RECORDS = (
    HER2_ISH,
    HER2_IHC,
)
