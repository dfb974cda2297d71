"""Population logic of what stands on file: diagnoses and procedures of a value set, drugs that run or were tried."""

from collections.abc import Iterable, Iterator

from fhir_mappings.population.drug_logic import is_drug, tokens_of
from fhir_mappings.population.logic_record import SharedPart
from fhir_mappings.population.phrases import Codes, apart, listed, texts, token
from fhir_mappings.population.probe import RecordProbe
from policies.model.criteria import Fact
from policies.terminology.value_sets import CodeSet, Member

DID_NOT_DO = frozenset({"no response", "not tolerated", "contraindicated"})
"""What the reasons for which a drug was stopped mean if it was tried and did not do."""
_MOST_PROBED = 40
"""With so many codes at most it is tried, one by one, which further names leave each what it says."""
_EVER = "ever"


FILES = SharedPart("files", lambda _, __: {})
"""The part that diagnoses and procedures share."""


def is_plain_current(codes: Codes, fact: Fact) -> bool:
    """Return whether logic can say that a drug is taken: by days alone, of a drug beside the ordered one."""
    return "at_least_mg_a_day" not in fact.parameters and bool(codes.drugs_of(fact))


def is_coded(codes: Codes, fact: Fact) -> bool:
    """Return whether any code of the fact decides."""
    return bool(codes.members(fact, "codes"))


def coded_values(codes: Codes, fact: Fact, probe: RecordProbe) -> dict[str, str]:
    """Return the values of records of a value set: its codes, and the names that leave each what it says."""
    members = codes.members(fact, "codes")
    named = codes.set(str(fact.parameters["codes"]))
    return {
        "codes": listed(members),
        "displays": texts(f"{token(one.system, one.code)}|{one.display.lower()}" for one in _displayed(probe, members)),
        "spoken": texts(_spoken(probe, named, members)),
        "stands": "true"
        if fact.parameters.get("state") == _EVER
        else "not Coalesce(R.course in { 'inactive', 'resolved' }, false)",
        "since": " and ".join(_times(fact)) or "true",
    }


def _displayed(probe: RecordProbe, members: Iterable[Member]) -> Iterator[Member]:
    return (one for one in members if probe.proves(one, one.display))


def _spoken(probe: RecordProbe, named: CodeSet, members: tuple[Member, ...]) -> Iterator[str]:
    """Yield the names of the whole set, in lower case, that leave any of its codes what it says."""
    for name in dict.fromkeys((named.title, *named.named)) if len(members) <= _MOST_PROBED else ():
        if all(probe.proves(one, name) for one in members):
            yield name.lower()


def _times(fact: Fact) -> Iterator[str]:
    for name, sign in (("at_least_days", ">="), ("within_days", "<=")):
        if name in fact.parameters:
            yield apart("R.onset", "Today()", sign, fact.parameters[name])


def current_values(codes: Codes, fact: Fact) -> dict[str, str]:
    """Return the values for drugs that are taken now."""
    times = (("<=", fact.parameters.get("within_days")), (">=", fact.parameters.get("at_least_days")))
    known = [apart("R.began", "Today()", sign, days) for sign, days in times if days is not None]
    return {
        "any": "\n      or ".join(is_drug(codes, one) for one in codes.drugs_of(fact)),
        "recent": " and ".join(known) or "true",
    }


def is_plain_trial(codes: Codes, fact: Fact) -> bool:
    """Return whether logic can say that a drug was tried: by days alone, and no product holds several of its drugs."""
    wanted = {one.id for one in codes.drugs_of(fact)}
    mixed = any(not wanted.isdisjoint(one.contains) for one in codes.drugs.by_id.values())
    return "at_least_mg_a_day" not in fact.parameters and bool(wanted) and not mixed


def trial_values(codes: Codes, fact: Fact) -> dict[str, str]:
    """Return the values for a drug that was tried: one record that says how long, and why it ended."""
    reasons = [one for one in codes.members(fact, "reasons") if one.means in DID_NOT_DO]
    least, most = fact.parameters.get("at_least_days"), fact.parameters.get("within_days")
    parts = [apart("R.began", "R.ended", ">=", least)] if least is not None else []
    parts += [apart("R.ended", "Today()", "<=", most)] if most is not None else []
    return {
        "reasons": listed(reasons),
        "reason_words": texts(one.display.lower() for one in reasons),
        "long_enough": " and ".join(parts) or "true",
        "diseases": "\n    + ".join(_is_on_file(one) for one in codes.diseases),
        "any": "\n      or ".join(_tried(codes, fact, one.id) for one in codes.drugs_of(fact)),
    }


def _is_on_file(disease: CodeSet) -> str:
    own = listed(one for one in disease.members if one.decides)
    return f'(if exists ("Conditions" C where "Has"(C.tokens, {own})) then 1 else 0)'


def _tried(codes: Codes, fact: Fact, name: str) -> str:
    drug = codes.drugs.by_id[name]
    return (
        f'(Count("Records" R where "Has"(R.tokens, {tokens_of(drug)})) = 1\n'
        f'        and exists ("{fact.name}: ended" R where {is_drug(codes, drug)}))'
    )
