"""Kinds of fact: whether the disease came back, or did not respond."""

from policies.model.case_words import Example
from policies.model.fact_kinds import Answer, Kind, Parameter, takes

RELAPSE = Kind(
    "relapse",
    Answer.YES_NO,
    "whether the disease is relapsed or refractory; with `refractory_from_lines`, an active disease without a "
    "remission on record is, after so many certain lines",
    takes(
        stated=Parameter.DIAGNOSES,
        status_tests=Parameter.TESTS,
        statuses=Parameter.CODES,
        refractory_from_lines=Parameter.LINES,
    ),
    frozenset({"refractory_from_lines"}),
    searched=("relaps", "refractor", "refractari", "recaid", "recidiv", "progress(?:ion|ive|ed|ing)|", "progresi"),
    examples=(
        Example(("{condition: <disease>, course: relapse, on: order - 1m}",), "yes"),
        Example(("{condition: <disease>, on: order - 2y}",), "unknown"),
    ),
)

RECORDS = (RELAPSE,)
