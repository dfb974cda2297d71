"""Kinds of fact: how results changed since before the treatment, and on how many days they were beyond a figure."""

from policies.model.case_words import Example
from policies.model.fact_kinds import Answer, Kind, Parameter, takes

_DIRECTIONS = ("lower", "higher")
_OPTIONAL = frozenset({"scores", "baseline_days", "within_days"})
_GIVEN = "{given: <ordered>, on: order - 60d}"
_BEFORE = "{measured: <fact>, value: 80, on: order - 90d}"
_NOW = "{measured: <fact>, value: 60, on: order - 8d}"

RESULT_COUNT = Kind(
    "result_count",
    Answer.NUMBER,
    "on how many days within a time a result of some tests was surely so: `results_at_least`, `results_above`, "
    "`results_at_most` or `results_below` a figure; without one, on how many there was a result. A chart gives a lower "
    "bound.",
    takes(
        tests=Parameter.TESTS,
        scores=Parameter.CODES,
        unit=Parameter.UNIT,
        within_days=Parameter.DAYS,
        results_at_least=Parameter.FIGURE,
        results_above=Parameter.FIGURE,
        results_at_most=Parameter.FIGURE,
        results_below=Parameter.FIGURE,
    ),
    frozenset({"scores", "within_days", "results_at_least", "results_above", "results_at_most", "results_below"}),
    examples=(
        Example(
            ("{measured: <fact>, value: 80, on: order - 30d}", "{measured: <fact>, value: 81, on: order - 8d}"),
            "2 or more",
        ),
        Example(("{measured: <fact>, value: 80, on: order - 2y}",), "unknown"),
        Example((), "unknown"),
    ),
)
RELATIVE_CHANGE = Kind(
    "relative_change",
    Answer.MEASURE,
    "by how many percent the newest result is `lower`, or `higher`, than the last one up to the first dose of the "
    "ordered drug (of the course that runs), which lies at most `baseline_days` before it",
    takes(
        tests=Parameter.TESTS,
        scores=Parameter.CODES,
        unit=Parameter.PERCENT,
        direction=Parameter.WORD,
        baseline_days=Parameter.DAYS,
        within_days=Parameter.DAYS,
    ),
    _OPTIONAL,
    {"direction": _DIRECTIONS},
    on_scale=False,
    of_today=True,
    examples=(
        Example((_BEFORE, _GIVEN, _NOW), "25 %"),
        Example((_GIVEN, _NOW), "unknown"),
        Example((_BEFORE, _NOW), "unknown"),
        Example((), "unknown"),
    ),
)
MEASUREMENT_CHANGE = Kind(
    "measurement_change",
    Answer.MEASURE,
    "by how much the newest result is `lower`, or `higher`, than the last one up to the first dose of the ordered drug "
    "(of the course that runs), which lies at most `baseline_days` before it",
    takes(
        tests=Parameter.TESTS,
        scores=Parameter.CODES,
        unit=Parameter.UNIT,
        direction=Parameter.WORD,
        baseline_days=Parameter.DAYS,
        within_days=Parameter.DAYS,
    ),
    _OPTIONAL,
    {"direction": _DIRECTIONS},
    on_scale=False,
    of_today=True,
    examples=(
        Example((_BEFORE, _GIVEN, _NOW), "20 kg"),
        Example((_BEFORE, _GIVEN), "unknown"),
        Example((), "unknown"),
    ),
)

RECORDS = (RESULT_COUNT, RELATIVE_CHANGE, MEASUREMENT_CHANGE)
