"""Kinds of fact: diagnoses beside the one that the policy is for, events, and what was done."""

from policies.model import case_words
from policies.model.case_words import CaseWord, Example
from policies.model.fact_kinds import Answer, Kind, Parameter, takes

_ABSENT = ("asked", "presumed")
DIAGNOSIS_ON_RECORD = Kind(
    "diagnosis_on_record",
    Answer.YES_NO,
    "whether the patient has a diagnosis of a value set: one that stands (`current`), or ever had one (`ever`); known "
    "for `at_least_days`, or begun within `within_days`. A chart that is silent says nothing, unless its absence is "
    "`presumed` by a `source`: then the answer says so.",
    takes(
        codes=Parameter.DIAGNOSES,
        state=Parameter.WORD,
        at_least_days=Parameter.DAYS,
        within_days=Parameter.DAYS,
        absent=Parameter.WORD,
        source=Parameter.TEXT,
    ),
    frozenset({"at_least_days", "within_days", "absent", "source"}),
    {"state": ("current", "ever"), "absent": _ABSENT},
    examples=(
        Example(("{condition: <codes>, on: order - 2y}",), "yes"),
        Example(("{condition: <codes>, certainty: provisional, on: order - 1m}",), "unknown"),
        Example(("{condition: <codes>, on: order - 2y, course: resolved}",), "unknown"),
        Example((), "unknown"),
    ),
)
EVENT_COUNT = Kind(
    "event_count",
    Answer.NUMBER,
    "on how many days within a time a diagnosis of a value set began: exacerbations, bleeds. A chart gives a lower "
    "bound.",
    takes(codes=Parameter.DIAGNOSES, within_days=Parameter.DAYS),
    examples=(
        Example(("{condition: <codes>, on: order - 30d}", "{condition: <codes>, on: order - 60d}"), "2 or more"),
        Example(("{condition: <codes>, on: order - 2y}",), "unknown"),
        Example((), "unknown"),
    ),
)
PROCEDURE_DONE = Kind(
    "procedure_done",
    Answer.YES_NO,
    "whether a procedure of a value set was done, ever or within a time, and at least so long ago",
    takes(codes=Parameter.PROCEDURES, at_least_days=Parameter.DAYS, within_days=Parameter.DAYS),
    frozenset({"at_least_days", "within_days"}),
    case_words=(
        CaseWord(
            "operation",
            "A procedure: the title of its code, the code, or the fact or value set that it is of.",
            case_words.TEXT,
            {"on": case_words.WHEN, "status": case_words.TEXT},
        ),
    ),
    examples=(
        Example(("{operation: <codes>, on: order - 30d}",), "yes"),
        Example(("{operation: <codes>, on: order - 30d, status: not-done}",), "unknown"),
        Example((), "unknown"),
    ),
)

RECORDS = (DIAGNOSIS_ON_RECORD, EVENT_COUNT, PROCEDURE_DONE)
