"""Kinds of fact: drugs that were tried and did not do, and drugs that are taken now."""

from policies.model.case_words import Example
from policies.model.fact_kinds import Answer, Kind, Parameter, takes

_STOPPED = "status: stopped, stopped because: not tolerated"
DRUG_TRIAL = Kind(
    "drug_trial",
    Answer.YES_NO,
    "whether a drug of a class was tried long enough (`at_least_days`), at a dose (`at_least_mg_a_day`), recently "
    "enough (`within_days`), and was stopped because it failed or was not tolerated (`reasons`: what their codes mean "
    "counts if it is `no response`, `not tolerated` or `contraindicated`); or cannot be tried (`contraindications`). "
    "Each part must be on record for one and the same course; what a course lacks is said.",
    takes(
        drugs=Parameter.DRUGS,
        at_least_days=Parameter.DAYS,
        at_least_mg_a_day=Parameter.FIGURE,
        within_days=Parameter.DAYS,
        reasons=Parameter.CODES,
        contraindications=Parameter.DIAGNOSES,
    ),
    frozenset({"at_least_days", "at_least_mg_a_day", "within_days", "contraindications"}),
    examples=(
        Example((f"{{taken: <drugs>, from: order - 200d, to: order - 60d, {_STOPPED}}}",), "yes"),
        Example((f"{{taken: <drugs>, from: order - 70d, to: order - 60d, {_STOPPED}}}",), "unknown"),
        Example((f"{{taken: <drugs>, from: order - 3000d, to: order - 2800d, {_STOPPED}}}",), "unknown"),
        Example(("{taken: <drugs>, from: order - 200d, to: order - 60d}",), "unknown"),
        Example((), "unknown"),
    ),
)
DRUGS_TRIED = Kind(
    "drugs_tried",
    Answer.NUMBER,
    "how many drugs of a class were tried and did not do, each by a course that is a trial as `drug_trial` has it. A "
    "chart gives a lower bound, and counts the drugs of one product once.",
    takes(
        drugs=Parameter.DRUGS,
        at_least_days=Parameter.DAYS,
        at_least_mg_a_day=Parameter.FIGURE,
        within_days=Parameter.DAYS,
        reasons=Parameter.CODES,
    ),
    frozenset({"at_least_days", "at_least_mg_a_day", "within_days"}),
    examples=(
        Example((f"{{taken: <drugs>, from: order - 200d, to: order - 60d, {_STOPPED}}}",), "1 or more"),
        Example((f"{{taken: <drugs>, from: order - 70d, to: order - 60d, {_STOPPED}}}",), "unknown"),
        Example((), "unknown"),
    ),
)
CURRENT_DRUG = Kind(
    "current_drug",
    Answer.YES_NO,
    "whether a drug of a class is being taken on the day of the order: begun within a time, or for so long by one "
    "record (`at_least_days`), at a dose (`at_least_mg_a_day`). A silent chart says nothing, unless its absence is "
    "`presumed` by a `source`: then the answer says so.",
    takes(
        drugs=Parameter.DRUGS,
        at_least_days=Parameter.DAYS,
        at_least_mg_a_day=Parameter.FIGURE,
        within_days=Parameter.DAYS,
        absent=Parameter.WORD,
        source=Parameter.TEXT,
    ),
    frozenset({"at_least_days", "at_least_mg_a_day", "within_days", "absent", "source"}),
    {"absent": ("asked", "presumed")},
    examples=(
        Example(("{taken: <drugs>, from: order - 30d}",), "yes"),
        Example(("{taken: <drugs>, from: order - 60d, to: order - 30d}",), "unknown"),
        Example((), "unknown"),
    ),
)

RECORDS = (DRUG_TRIAL, DRUGS_TRIED, CURRENT_DRUG)
