"""Kinds of fact: for which of several diseases of a policy the drug is ordered."""

from policies.model.case_words import Example
from policies.model.fact_kinds import Answer, ChartOptions, Kind

INDICATION = Kind(
    "indication",
    Answer.CHOICE,
    "for which of the policy's `indications` the drug is ordered: the one whose diagnosis alone stands on record, or "
    "that of several which the order gives as its reason. Its options are the titles under `indications` and "
    "`not_covered`, and `otherwise`; a chart chooses none that is not covered, an order's coded reason may.",
    options=ChartOptions(),
    examples=(
        Example(("{condition: <disease>, on: order - 2y}",), "<title>"),
        Example(("{condition: <disease>, certainty: provisional, on: order - 1m}",), "unknown"),
        Example(("{condition: <disease>, on: order - 2y}", "{condition: <another>, on: order - 1y}"), "unknown"),
        Example((), "unknown"),
    ),
)

RECORDS = (INDICATION,)
