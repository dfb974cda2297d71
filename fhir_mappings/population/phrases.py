"""Pieces of CQL: strings, lists of codes, patterns. Source: CQL 1.5, "Author's Guide" and appendix on syntax."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from string import Template

from policies.model.criteria import Fact
from policies.model.fact_kinds import Kind
from policies.model.policy import Policy
from policies.terminology.drugs import Drug, Drugs
from policies.terminology.registry import DRUG_TABLE, Terminology
from policies.terminology.value_sets import CodeSet, CodeSystem, Member

_IN_A_ROW = 4
ANYTHING = r"[\s\S]*"
"""A pattern for any text: a match is of the whole text, and a point matches no line end."""


def text(plain: str) -> str:
    """Write a string."""
    escaped = plain.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"


def texts(plain: Iterable[str]) -> str:
    """Write a list of strings, in their order, each once."""
    written = [text(one) for one in dict.fromkeys(plain)]
    if not written:
        return "List<String> {}"
    rows = [", ".join(written[at : at + _IN_A_ROW]) for at in range(0, len(written), _IN_A_ROW)]
    return f"{{ {rows[0]} }}" if len(rows) == 1 else "{\n    " + ",\n    ".join(rows) + "\n  }"


def found_in_lower(pattern: re.Pattern[str]) -> str:
    """Write a pattern that is looked for in a text of lower case."""
    return text(f"{ANYTHING}(?:{pattern.pattern.lower()}){ANYTHING}")


def of_any(pattern: str) -> str:
    """Write a pattern that is looked for in a text of lower case; one that nothing fits where there is none."""
    return found_in_lower(re.compile(pattern)) if pattern else text("(?!)")


def either(*patterns: re.Pattern[str]) -> str:
    """Write patterns of which one begins a text of upper case."""
    return text(f"(?:{'|'.join(one.pattern for one in patterns)}){ANYTHING}")


def of_words(words: Iterable[str]) -> str:
    """Write a pattern for a text of lower case that holds one of these words, parted by what is no letter."""
    found = "|".join(sorted(map(re.escape, words)))
    return text(f"(?:{ANYTHING}[^a-z])?(?:{found})(?:[^a-z]{ANYTHING})?") if found else text("(?!)")


def filled(template: str, values: Mapping[str, str]) -> str:
    """Fill a template; raises KeyError for a place that has no value."""
    return Template(template).substitute(values)


def token(system: CodeSystem, code: str) -> str:
    """Return a code as the logic compares it: SYSTEM|code, in one spelling."""
    return f"{system.name}|{code.upper().replace('.', '') if system.ignores_case else code}"


def apart(first: str, last: str, sign: str, days: object) -> str:
    """Write a bound of the days between two dates; what always holds where there is none."""
    return f"(difference in days between {first} and {last}) {sign} {days}" if isinstance(days, int) else "true"


@dataclass(frozen=True, slots=True)
class Codes:
    """The value sets of a policy, in the versions that it pins, as lists of codes."""

    policy: Policy
    terminology: Terminology

    @property
    def diseases(self) -> tuple[CodeSet, ...]:
        """Return the diseases that the policy covers."""
        return tuple(self.set(name) for name in self.policy.diseases)

    @property
    def drugs(self) -> Drugs:
        """Return the drug table that the policy pins."""
        return self.terminology.drugs(self.policy.value_sets[DRUG_TABLE])

    def set(self, name: str) -> CodeSet:
        """Return a value set by its name."""
        return self.terminology.codes(name, self.policy.value_sets[name])

    def members(self, fact: Fact, parameter: str, *means: str) -> tuple[Member, ...]:
        """Return the deciding codes that a fact names for a parameter: those of some meanings, or all."""
        found = self.set(str(fact.parameters[parameter])).members
        return tuple(one for one in found if one.decides and (not means or one.means in means))

    def of_kind(self, kind: Kind, parameter: str, *means: str) -> tuple[Member, ...]:
        """Return the codes that the policy's fact of a kind names; none if it has no such fact."""
        fact = self.policy.fact_of_kind(kind)
        return self.members(fact, parameter, *means) if fact is not None else ()

    def of_drug(self, drug: Drug) -> tuple[str, ...]:
        """Return the tokens of a drug; a code that meant another drug once is left out."""
        codes = (one for one in drug.codes if one.confidence == "verified" and not one.since)
        return tuple(token(one.system, one.code) for one in codes)

    def drugs_of(self, fact: Fact) -> tuple[Drug, ...]:
        """Return the drugs of a fact by their ids: but the policy's own drug, and what contains several."""
        name = str(fact.parameters["drugs"])
        roles = self.terminology.drug_set(name, self.policy.value_sets[name]).roles
        known = (self.drugs.by_id[one] for one in sorted(roles) if one in self.drugs.by_id)
        return tuple(one for one in known if not one.contains and one.id != self.policy.figures.product.drug)

    def title(self, name: str) -> str:
        """Return what a value set is called, be it of codes or of drugs."""
        return self.terminology.sets[name, self.policy.value_sets[name]].title


def listed(members: Iterable[Member]) -> str:
    """Write codes as a list of tokens."""
    return texts(token(one.system, one.code) for one in members)


def answer(option: str) -> str:
    """Write an option of a question as the Coding that the form offers."""
    return f'Code {text(option)} from "Answers" display {text(option)}'


def answers(fact: Fact) -> str:
    """Write a case for every option of a question: the word, and its Coding."""
    return "\n".join(f"    when {text(option)} then {answer(option)}" for option in fact.options)
