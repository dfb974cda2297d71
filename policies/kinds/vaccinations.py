"""Kinds of fact: vaccinations, each by a value set of vaccines."""

from policies.model import case_words
from policies.model.case_words import CaseWord, Example, one_of
from policies.model.fact_kinds import Answer, Kind, Parameter, takes

VACCINATION = Kind(
    "vaccination",
    Answer.YES_NO,
    "whether a vaccine of a value set was given, ever or within a time, and at least so long ago. What was not done, "
    "is subpotent or only remembered proves nothing.",
    takes(codes=Parameter.VACCINES, at_least_days=Parameter.DAYS, within_days=Parameter.DAYS),
    frozenset({"at_least_days", "within_days"}),
    case_words=(
        CaseWord(
            "vaccinated",
            "A vaccination: the title of its vaccine's code, the code, or the fact or value set that it is of.",
            case_words.TEXT,
            {
                "on": case_words.WHEN,
                "status": one_of("completed", "not-done", "entered-in-error"),
                "coded as": one_of("code", "text"),
            },
        ),
    ),
    examples=(
        Example(("{vaccinated: <codes>, on: order - 30d}",), "yes"),
        Example(("{vaccinated: <codes>, on: order - 30d, status: not-done}",), "unknown"),
        Example(("{vaccinated: <codes>, on: order - 30d, coded as: text}",), "unknown"),
        Example((), "unknown"),
    ),
)
VACCINE_DOSES = Kind(
    "vaccine_doses",
    Answer.NUMBER,
    "how many doses of a vaccine were given, ever or within a time, each at least so long ago. A chart gives a lower "
    "bound: of doses that lie within a week of each other one counts.",
    takes(codes=Parameter.VACCINES, at_least_days=Parameter.DAYS, within_days=Parameter.DAYS),
    frozenset({"at_least_days", "within_days"}),
    examples=(
        Example(("{vaccinated: <codes>, on: order - 60d}", "{vaccinated: <codes>, on: order - 30d}"), "2 or more"),
        Example(("{vaccinated: <codes>, on: order - 36d}", "{vaccinated: <codes>, on: order - 30d}"), "1 or more"),
        Example(("{vaccinated: <codes>, on: order - 30d, status: not-done}",), "unknown"),
        Example((), "unknown"),
    ),
)

RECORDS = (VACCINATION, VACCINE_DOSES)
