"""Population logic of HER2 results: scores and words as the mapping reads them, numbers by the payer's rows."""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from types import MappingProxyType

from fhir_mappings.clinical.values import Quantity
from fhir_mappings.her2.ihc import her2_ihc
from fhir_mappings.her2.ish import her2_ish
from fhir_mappings.her2.results import IHC, ISH, OVERALL, REFUSED
from fhir_mappings.her2.units import COPIES, RATIO, unit_says
from fhir_mappings.population.logic_record import SharedPart
from fhir_mappings.population.phrases import Codes, answer, answers, listed, text, texts
from fhir_mappings.population.probe import HER2_TEXTS, Probe, displays
from fhir_mappings.population.status_lists import observed
from policies.kinds.her2 import HER2_IHC, HER2_ISH
from policies.model.criteria import Fact
from policies.model.figures import Definition, DefinitionRow
from policies.terminology.value_sets import Member

_UNITS = ("ratio", "{ratio}", "1", "#", "{#}", "copies", "signals", "copies/cell", "signals/cell", "copies per cell",
          "signals per cell", "{copies}/{cell}", "{signals}/{cell}", "copies/nucleus", "signals/nucleus")  # fmt: skip
_PLAIN_NAMES = ("her2", "her-2", "her2/neu", "her-2/neu", "erbb2", "her2 status", "her2 result", "her2 receptor")
_WORDS = ("positive", "equivocal", "negative")


_TESTS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "tests": (),
        "ihc": (IHC,),
        "ish": (ISH, RATIO, COPIES),
        "ratio": (RATIO,),
        "copies": (COPIES,),
        "overall": (OVERALL,),
        "refused": tuple(sorted(REFUSED)),
    }
)
"""What the tests of each part of the logic measure; all of them where nothing is named."""


def _prelude(codes: Codes, facts: Iterable[Fact]) -> dict[str, str]:
    """Return the values of the part that the HER2 facts share."""
    fact = next(one for one in facts if one.kind in (HER2_IHC, HER2_ISH))
    title = codes.set(codes.policy.disease).title.lower()
    specific = (one for one in codes.members(fact, "tests") if title in one.display.lower())
    return observed() | {
        **{name: listed(codes.members(fact, "tests", *means)) for name, means in _TESTS.items()},
        **_test_names(codes, fact),
        "specific": listed(specific),
        "by_ihc": listed(codes.members(fact, "methods", IHC)),
        "by_ish": listed(codes.members(fact, "methods", ISH)),
        "answers": listed((*_scores(codes, facts), *codes.members(fact, "words"))),
        **{word: listed(codes.members(fact, "words", word)) for word in _WORDS},
    }


def _scores(codes: Codes, facts: Iterable[Fact]) -> Iterable[Member]:
    ihc = next((one for one in facts if one.kind is HER2_IHC), None)
    return codes.members(ihc, "scores") if ihc is not None else ()


def _test_names(codes: Codes, fact: Fact) -> dict[str, str]:
    """Return how people write the names of the tests, by method."""
    named = {"ihc_names": (IHC,), "ish_names": (ISH, RATIO, COPIES), "overall_names": (OVERALL,)}
    return {name: _names(codes.members(fact, "tests", *means)) for name, means in named.items()}


def _names(members: Iterable[Member]) -> str:
    """Write the names of a test that turn nothing round: what value sets call it, and names that say no method."""
    return texts((*displays(members), *_PLAIN_NAMES))


HER2 = SharedPart("her2", _prelude)
"""The part that the HER2 facts share."""


def ihc_values(codes: Codes, fact: Fact) -> dict[str, str]:
    """Return the values for the score by immunohistochemistry; a positive one needs an ISH that is not negative."""
    probe = Probe(codes, fact, her2_ihc, codes.members(fact, "tests", IHC)[0])
    scores = codes.members(fact, "scores")
    words = codes.members(fact, "words", *_WORDS)
    plain = (*_WORDS, "her2", *displays(words))
    definition = codes.policy.figures.definitions[str(fact.parameters["definition"])]
    return {
        "texts": _of_texts(probe.of_texts((*HER2_TEXTS, *displays(scores)))),
        "coded": _coded(probe, (*scores, *words)),
        "coded_scores": listed(scores),
        "plain": texts(plain),
        "answers": "\n".join(_score(codes, fact, definition, option) for option in fact.options),
    }


def _score(codes: Codes, fact: Fact, definition: Definition, option: str) -> str:
    beside = codes.policy.fact_of_kind(HER2_ISH)
    alone = definition.result_of_score(option) != "positive" or beside is None
    ish = f'"{beside.name}: word"' if beside is not None else ""
    unopposed = "" if alone else f"\n      and (not exists \"HER2 by ISH\" or Coalesce({ish} != 'negative', false))"
    return f'    when "{fact.name}: word" = {text(option)}{unopposed}\n    then {answer(option)}'


def ish_values(codes: Codes, fact: Fact) -> dict[str, str]:
    """Return the values for the result by in situ hybridization."""
    probe = Probe(codes, fact, her2_ish, codes.members(fact, "tests", ISH)[0])
    words = codes.members(fact, "words", *_WORDS)
    definition = codes.policy.figures.definitions[str(fact.parameters["definition"])]
    rows = (_row(fact, row) for row in definition.rows if row.measures)
    return {
        "texts": _of_texts(probe.of_texts(HER2_TEXTS)),
        "coded": _coded(probe, words),
        "ratio_units": texts(_units(RATIO)),
        "copies_units": texts(_units(COPIES)),
        "rows": "\n".join(rows),
        "answers": answers(fact),
    }


def _units(measure: str) -> Iterable[str]:
    return (one for one in _UNITS if unit_says(Quantity(Decimal(1), unit=one)) in ("", measure))


def _row(fact: Fact, row: DefinitionRow) -> str:
    """Write a row of the payer's definition; a number that is missing fits no row that bounds it."""
    of_two = "" if row.probe == "dual" else "not "
    tests = [f'{of_two}exists "{fact.name}: ratios"']
    for measure, bounds in row.measures:
        number = f'First("{fact.name}: {"ratios" if measure == RATIO else "copies"}")'
        tests += [f"{number} >= {_decimal(bounds.at_least)}"] if bounds.at_least is not None else []
        tests += [f"{number} < {_decimal(bounds.below)}"] if bounds.below is not None else []
    return f"    when {' and '.join(tests)} then {text(row.result)}"


def _decimal(number: Decimal) -> str:
    return f"{number:f}" if "." in f"{number:f}" else f"{number:f}.0"


def _of_texts(found: Mapping[str, tuple[str, ...]]) -> str:
    return "\n".join(f"    when Lower(text) in {texts(ones)} then {text(value)}" for value, ones in found.items())


def _coded(probe: Probe, members: Iterable[Member]) -> str:
    """Write what coded answers come to; the texts beside a code must be such that they leave that as it is.

    Codes of one meaning are taken together. A code that decides only with a text beside it needs that text.
    """
    tried = ("", *HER2_TEXTS)
    meant: dict[str, list[Member]] = {}
    for one in members:
        meant.setdefault(one.means, []).append(one)
    return "\n".join(_when(ones, probe.beside(ones[0], (*tried, *displays(ones)))) for ones in meant.values())


def _when(members: list[Member], found: Mapping[str, tuple[str, ...]]) -> str:
    return "\n".join(_one(listed(members), value, ones) for value, ones in found.items())


def _one(codes: str, value: str, allowed: tuple[str, ...]) -> str:
    spoken = "" if "" in allowed else '\n      and exists "Words"(concept)'
    words = texts(filter(None, allowed))
    return (
        f'    when "Has"("Tokens"(concept), {codes})\n'
        f'      and not exists (("Tokens"(concept)) T where T in "HER2 answers" and not (T in {codes}))'
        f'{spoken}\n      and not exists (("Words"(concept)) W where not (Lower(W) in {words}))\n'
        f"    then {text(value)}"
    )
