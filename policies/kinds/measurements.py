"""Kinds of fact: what was measured, and results in words. The value sets say of which tests, and by which names."""

from policies.model import case_words
from policies.model.case_words import Example, one_of, result
from policies.model.fact_kinds import Answer, ChartOptions, Kind, Parameter, takes

_MEASURED = {
    "tests": Parameter.TESTS,
    "scores": Parameter.CODES,
    "unit": Parameter.UNIT,
    "within_days": Parameter.DAYS,
}
_OPTIONAL = frozenset({"scores", "within_days"})
NOT_MEASURED = "not measured"
"""What the codes of a value set of tests mean whose results are known, and never count."""

MEASUREMENT = Kind(
    "measurement",
    Answer.MEASURE,
    "the newest result of some tests, in one unit; of codes that stand for numbers too (`scores`)",
    takes(**_MEASURED),
    _OPTIONAL,
    of_today=True,
    case_words=(
        result(
            "measured",
            "A measured result: the fact of the policy, or the value set of its tests.",
            case_words.TEXT,
            value=case_words.SIGNED_FIGURE,
            unit=case_words.TEXT,
            to={"description": "The upper end of a range.", **case_words.SIGNED_FIGURE},
            coded_as=one_of("quantity", "text", "integer", "score", "component", "local"),
            code=case_words.CODE,
            test=case_words.TEST,
        ),
    ),
    examples=(
        Example(("{measured: <fact>, value: 80.5, on: order - 8d}",), "80.5 kg"),
        Example(('{measured: <fact>, value: 176, unit: "[lb_av]", on: order - 8d}',), "79.83225712 kg"),
        Example(('{measured: <fact>, value: ">90", on: order - 8d}',), "> 90 kg"),
        Example(('{measured: <fact>, value: 80, unit: "%", on: order - 8d}',), "unknown"),
        Example(("{measured: <fact>, value: 80.5, on: order - 2y}",), "unknown"),
        Example(("{measured: <fact>, value: 80.5, coded as: text, on: order - 8d}",), "unknown"),
        Example((), "unknown"),
    ),
)
HIGHEST_MEASUREMENT = Kind(
    "highest_measurement",
    Answer.MEASURE,
    "the highest result of some tests within a time; what a chart shows is the least that it can be",
    takes(**_MEASURED),
    _OPTIONAL,
    examples=(
        Example(
            ("{measured: <fact>, value: 80, on: order - 80d}", "{measured: <fact>, value: 75, on: order - 8d}"),
            "≥ 80 kg",
        ),
        Example((), "unknown"),
    ),
)
LOWEST_MEASUREMENT = Kind(
    "lowest_measurement",
    Answer.MEASURE,
    "the lowest result of some tests within a time; what a chart shows is the most that it can be",
    takes(**_MEASURED),
    _OPTIONAL,
    examples=(
        Example(
            ("{measured: <fact>, value: 80, on: order - 80d}", "{measured: <fact>, value: 85, on: order - 8d}"),
            "≤ 80 kg",
        ),
        Example((), "unknown"),
    ),
)
_OF_WEIGHT_AND_HEIGHT = takes(
    tests=Parameter.TESTS,
    weights=Parameter.TESTS,
    heights=Parameter.TESTS,
    unit=Parameter.UNIT,
    within_days=Parameter.DAYS,
)
BODY_MASS_INDEX = Kind(
    "body_mass_index",
    Answer.MEASURE,
    "the newest body mass index: as reported, or of weight and height where nothing newer is reported",
    _OF_WEIGHT_AND_HEIGHT,
    of_today=True,
    examples=(
        Example(("{measured: <fact>, value: 31.4, on: order - 8d}",), "31.4 kg/m2"),
        Example(
            (
                "{measured: body-weight-tests, value: 98, unit: kg, on: order - 8d}",
                "{measured: body-height-tests, value: 175, on: order - 2y}",
            ),
            "32.0 kg/m2",
        ),
        Example(("{measured: body-weight-tests, value: 98, unit: kg, on: order - 8d}",), "unknown"),
    ),
)
BODY_SURFACE_AREA = Kind(
    "body_surface_area",
    Answer.MEASURE,
    "the newest body surface area: as reported, or of weight and height where nothing newer is reported (Mosteller)",
    _OF_WEIGHT_AND_HEIGHT,
    of_today=True,
    examples=(
        Example(("{measured: <fact>, value: 1.85, on: order - 8d}",), "1.85 m2"),
        Example(
            (
                "{measured: body-weight-tests, value: 72, unit: kg, on: order - 8d}",
                "{measured: body-height-tests, value: 180, on: order - 2y}",
            ),
            "1.90 m2",
        ),
        Example(("{measured: body-weight-tests, value: 72, unit: kg, on: order - 8d}",), "unknown"),
    ),
)
CODED_RESULT = Kind(
    "coded_result",
    Answer.CHOICE,
    "what the newest result of some tests says, by codes; each option is what a code of `values` means",
    takes(tests=Parameter.TESTS, values=Parameter.CODES, within_days=Parameter.DAYS),
    frozenset({"within_days"}),
    options=ChartOptions(parameter="values"),
    case_words=(
        result(
            "resulted",
            "A result in words: the fact of the policy.",
            case_words.TEXT,
            value=case_words.TEXT,
            coded_as=one_of("code", "text", "component", "local"),
            code=case_words.CODE,
            test=case_words.TEST,
        ),
    ),
    examples=(
        Example(("{resulted: <fact>, value: negative, on: order - 8d}",), "negative"),
        Example(("{resulted: <fact>, value: negative, coded as: text, on: order - 8d}",), "unknown"),
        Example((), "unknown"),
    ),
)

RECORDS = (
    MEASUREMENT,
    HIGHEST_MEASUREMENT,
    LOWEST_MEASUREMENT,
    BODY_MASS_INDEX,
    BODY_SURFACE_AREA,
    CODED_RESULT,
)
