"""What an expert finds in the sketch of a patient without reading its FHIR: whether the answer to a question is there.

It is written against the lines of a case, and shares nothing with the readers that it is held against.
"""

from collections.abc import Callable, Mapping
from datetime import date, timedelta
from types import MappingProxyType

from policies.testcases.casebook import Case, Entry

_CONFIRMED = frozenset({"", "confirmed"})
_COUNTS = frozenset({"", "final", "amended", "corrected"})
_REGIONAL = frozenset({"axillary lymph nodes", "lymph node", "skin", "chest wall"})
_PARTNERS = frozenset({"capecitabine", "eribulin", "gemcitabine", "vinorelbine"})
_CLASSES: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "prior_anti_cd38": frozenset({"daratumumab", "isatuximab", "Darzalex", "Darzalex Faspro", "Sarclisa"}),
        "prior_proteasome_inhibitor": frozenset({"bortezomib", "carfilzomib", "ixazomib", "Velcade"}),
        "prior_immunomodulatory": frozenset({"lenalidomide", "pomalidomide", "thalidomide"}),
    }
)
_GIVEN = frozenset({"given", "taken", "dispensed", "procedure"})
_NOT_GIVEN = frozenset({"not-done", "not-taken", "intended", "declined", "cancelled", "entered-in-error", "on-hold"})


def stands_in_code(fact: str, case: Case) -> bool:
    """Whether the answer to a question stands in the chart in coded form, and nothing there contradicts it."""
    if fact in case.expect.conflicts:
        return False
    if fact in _CLASSES:
        return any(_is_given(entry) and set(entry.about) & _CLASSES[fact] for entry in case.chart)
    return _ANSWERS[fact](case) if fact in _ANSWERS else False


def _is_given(entry: Entry) -> bool:
    return entry.verb in _GIVEN and entry.word("status") not in _NOT_GIVEN and entry.word("coded as") != "text"


def _diagnosis(*names: str) -> Callable[[Case], bool]:
    def found(case: Case) -> bool:
        coded = (one for one in case.chart if one.verb == "condition" and one.word("coded as") != "text")
        return any(one.about[0].startswith(names) and one.word("certainty") in _CONFIRMED for one in coded)

    return found


def _extent(case: Case) -> bool:
    alone = not any(one.verb == "condition" and one.word("coded as") == "text" for one in case.chart)
    staged = (one for one in case.chart if one.verb == "stage" and one.word("coded as") != "text")
    spread = (one for one in case.chart if one.verb == "metastasis" and one.word("certainty") in _CONFIRMED)
    return any(one.about[0] in ("IV", "M1") for one in staged if alone or one.word("of")) or any(
        one.about[0] not in _REGIONAL for one in spread if alone or one.word("of")
    )


def _result(verb: str) -> Callable[[Case], bool]:
    return lambda case: any(one.verb == verb and one.word("status") in _COUNTS for one in case.chart)


def _since(case: Case, days: int) -> date:
    return case.order.judged_on - timedelta(days=days)


def _ecog(case: Case) -> bool:
    found = (one for one in case.chart if one.verb == "ecog" and one.word("status") in _COUNTS and one.word("on"))
    return any(date.fromisoformat(one.word("on")) >= _since(case, 90) for one in found)


def _partner(case: Case) -> bool:
    if set(case.order.beside) & _PARTNERS:
        return True
    running = (one for one in case.chart if one.verb in ("prescribed", "taken") and set(one.about) & _PARTNERS)
    begun = ((one, one.word("from") or one.word("on")) for one in running if one.word("status", "active") == "active")
    return any(date.fromisoformat(day) >= _since(case, 60) and not one.word("to") for one, day in begun)


def _course(case: Case) -> bool:
    """Whether a disease status of the last 90 days is at least as new as the last imaging."""
    told = [one.word("on") for one in case.chart if one.verb == "disease status"]
    seen = [one.word("on") for one in case.chart if one.verb == "document" and "imaging" in one.about[0]]
    newest = max(told, default="")
    return bool(newest) and date.fromisoformat(newest) >= _since(case, 90) and newest >= max(seen, default="")


def _relapse(case: Case) -> bool:
    def states(one: Entry) -> bool:
        return one.about[0] in ("C90.02", "Multiple myeloma in relapse") or one.word("course") in (
            "relapse",
            "recurrence",
        )

    stated = any(one.verb == "condition" and states(one) for one in case.chart)
    worse = any(one.verb == "disease status" and one.about[0] in ("worse", "Progressive disease") for one in case.chart)
    refractory = any(_is_given(one) and one.word("stopped because").startswith("No response") for one in case.chart)
    return stated or worse or refractory


_ANSWERS: Mapping[str, Callable[[Case], bool]] = MappingProxyType(
    {
        "breast_cancer": _diagnosis("breast cancer", "cancer of the", "C50"),
        "multiple_myeloma": _diagnosis("multiple myeloma", "Multiple myeloma", "C90.0"),
        "disease_extent": _extent,
        "her2_ihc_score": _result("her2 ihc"),
        "her2_ish_result": _result("her2 ish"),
        "ecog": _ecog,
        "combination_partner": _partner,
        "progression_on_therapy": _course,
        "relapsed_or_refractory": _relapse,
    }
)
"""How the answer to each question would stand in code; counts, tolerance and documents never stand there whole."""
