"""Drugs as concepts: which product codes are which drug.

A biosimilar, a brand and a subcutaneous form are their drug; an antibody-drug conjugate is a drug of its own, and so is
what is bound to a route. A code is never rolled up past the precise ingredient. National drug codes match by labeler
and product, whatever the package.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Set
from dataclasses import dataclass

from policies.terminology.drug_uses import Diseases, DrugNames, Unlisted
from policies.terminology.national_codes import NDC_URI, ndc_forms, product_of_ndc
from policies.terminology.regimens import Regimens
from policies.terminology.routes import Fit, Stated, fit, of_words, route_words, together
from policies.terminology.short_texts import remembered
from policies.terminology.value_sets import CodeSystem, Coding

_WORD = re.compile(r"[a-z]+")
_BETWEEN, _SIGNS = re.compile(r"[\s()\[\]/+,;:]+"), re.compile(r"[^a-z0-9]")
_SHORTEST_NAME = 5
_OF_CANCER = frozenset({"anticancer", "endocrine"})


@dataclass(frozen=True, slots=True)
class DrugCode:
    """A product code of a drug; `since` (ISO date) is when the code took this meaning, if it had another before.

    `routes` are those by which its product is given, where its row says so.
    """

    system: CodeSystem
    code: str
    display: str
    confidence: str
    source: str
    since: str = ""
    routes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Drug:
    """A drug: its codes, further words that name it, what a fixed combination contains, what a conjugate is made of.

    `part` is what it does in a treatment (anticancer, endocrine, steroid, supportive), `typical` what it is often given
    as (maintenance, conditioning, lymphodepletion, bridging), `used_for` the diseases that it belongs to. All three are
    empty where the table does not say. `abbreviated` are short names in lower case, letters and digits only (tdm1).
    One with `routes` is bound to them: by another route it is another drug, which may share its codes.
    """

    id: str
    name: str
    codes: tuple[DrugCode, ...]
    contains: tuple[str, ...] = ()
    derived_from: str = ""
    also_called: tuple[str, ...] = ()
    part: str = ""
    typical: tuple[str, ...] = ()
    used_for: tuple[str, ...] = ()
    abbreviated: tuple[str, ...] = ()
    routes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class DrugMatch:
    """A drug found by a code."""

    drug: Drug
    code: DrugCode


class Drugs:
    """One version of the drug table, with the diseases that its drugs are used for.

    `unlisted` is how further cancer drugs are known, `others` how drugs are that are not of cancer;
    `regimens` are names of several drugs together.
    """

    def __init__(
        self,
        version: str,
        drugs: Iterable[Drug],
        diseases: Diseases | None = None,
        unlisted: Unlisted | None = None,
        others: DrugNames | None = None,
        regimens: Regimens | None = None,
    ) -> None:
        self.version, self._ndc_uris = version, set[str]()
        self.by_id: Mapping[str, Drug] = {drug.id: drug for drug in drugs}
        self.diseases = diseases or Diseases()
        self.unlisted, self.others = unlisted or Unlisted(), others or DrugNames()
        self.regimens = regimens or Regimens()
        self._index, self._doubtful = dict[Coding, tuple[DrugMatch, ...]](), dict[Coding, Drug]()
        self._names, self._combinations = dict[str, set[str]](), dict[frozenset[str], Drug]()
        for drug in self.by_id.values():
            self._take(drug)
        self._short = {short: drug.id for drug in self.by_id.values() for short in drug.abbreviated}
        self._full_names = {drug.id: frozenset(_WORD.findall(drug.name.lower())) for drug in self.by_id.values()}
        self.words = frozenset(self._names).union(*self._full_names.values())
        # A chart names few drugs, each in many records, and charts name the same drugs: what a coding says is kept.
        self.of_coding = remembered()(self._of_coding)
        kept = map(remembered(), (self._named_in, self._spoken_of_in, self._spelled_in))
        self.named_in, self.spoken_of_in, self.spelled_in = kept

    def _take(self, drug: Drug) -> None:
        """Make a drug findable by its codes, its names, and what it combines."""
        for code in drug.codes:
            if code.confidence == "verified":
                self._add(DrugMatch(drug, code))
            else:
                self._doubtful.update(dict.fromkeys(_spellings(code), drug))
        for word in self._own_names(drug):
            self._names.setdefault(word, set()).add(drug.id)
        if drug.contains:
            self._combinations.setdefault(frozenset(drug.contains), drug)

    def _add(self, match: DrugMatch) -> None:
        for spelling in _spellings(match.code):
            others = (one for one in self._index.get(spelling, ()) if one.drug is not match.drug)
            self._index[spelling] = (*others, match)
        if match.code.system.uri == NDC_URI:
            self._ndc_uris.update((NDC_URI, *match.code.system.also))

    def find(self, system: str, code: str) -> DrugMatch | None:
        """Return the drug with this coding, however it is spelled; None if no verified code says so.

        Ten bare digits of a national drug code that can be read as two drugs are neither. Of several: the first.
        """
        return next(iter(self.matches(system, code)), None)

    def matches(self, system: str, code: str) -> tuple[DrugMatch, ...]:
        """Return all drugs with a coding: more than one only where each is bound to routes of its own."""
        found = self._index.get((system, code))
        if found is None and system in self._ndc_uris:
            hits = [hit for form in ndc_forms(code) if (hit := self._index.get((system, form)))]
            return hits[0] if len({hit[0].drug.id for hit in hits}) == 1 else ()
        return found or ()

    def _of_coding(self, system: str, code: str, display: str) -> tuple[DrugMatch, ...]:
        """Return the drugs that a coding stands for; none if it is none of ours, or its display names another drug."""
        return tuple([one for one in self.matches(system, code) if not self.contradicts(one.drug, display)])

    def perhaps(self, system: str, code: str) -> Drug | None:
        """Return the drug that an unverified code is said to stand for: it may be shown, and decides nothing."""
        return self._doubtful.get((system, code))

    def combination_of(self, parts: Iterable[str]) -> Drug | None:
        """Return the fixed combination that holds just these drugs; None if none does."""
        return self._combinations.get(frozenset(parts))

    def holding(self, names: Set[str]) -> frozenset[str]:
        """Return some drugs, and the fixed combinations that hold one of them."""
        return frozenset(names).union(one.id for one in self._combinations.values() if names & {*one.contains})

    def _own_names(self, drug: Drug) -> set[str]:
        """Return the words that name this drug and not the ones that it is made of."""
        parts = (drug.derived_from, *drug.contains)
        return _names(drug).difference(*(_names(self.by_id[part]) for part in parts if part in self.by_id))

    def _named_in(self, text: str) -> frozenset[str]:
        """Return the drugs that a text names by substance or brand, but such as are bound to another route: a hint."""
        found = self.spelled_in(text)
        if not any(self.by_id[one].routes for one in found):
            return found
        stated = together(filter(None, (of_words(text, self.words),)))
        return frozenset(one for one in found if self.fit(self.by_id[one], stated) is not Fit.OTHER)

    def fit(self, drug: Drug, stated: Stated) -> Fit:
        """Return how a stated route stands to a drug: only cancer drugs that are bound to none are held against one."""
        if drug.routes:
            return fit(stated, route_words().named(drug.routes))
        return fit(stated, frozenset()) if drug.part in _OF_CANCER else Fit.SURE

    def _spelled_in(self, text: str) -> frozenset[str]:
        """Return the drugs that a text names by substance or brand: a check of a code's own display."""
        words = frozenset(_WORD.findall(_without_accents(text)))
        named_parts: dict[str, set[str]] = {}
        for word in words & self._names.keys():
            for name in self._names[word]:
                named_parts.setdefault(name, set()).add(word)
        for short in _squashed(text) & self._short.keys():
            named_parts.setdefault(self._short[short], set()).add(short)
        return frozenset(name for name in named_parts if not self._is_part(name, named_parts, words))

    def _spoken_of_in(self, text: str) -> frozenset[str]:
        """Return the drugs that a text names by themselves or by their regimen (KPd): to propose, never to decide."""
        return self.named_in(text) | self.regimens.named_in(text, self.named_in)

    def _is_part(self, name: str, named_parts: Mapping[str, set[str]], words: frozenset[str]) -> bool:
        """Return whether what names a drug is a part of another one's name that fits the text better.

        So "datopotamab deruxtecan" names one conjugate, no other one with its payload, and not its antibody alone.
        """
        fit = len(words & self._full_names[name])
        others = (one for one in named_parts if one != name and len(words & self._full_names[one]) > fit)
        parts = any(self.by_id[one].derived_from == name for one in named_parts)
        return parts or any(named_parts[name] <= self._full_names[one] for one in others)

    def names_of(self, drug: Drug) -> frozenset[str]:
        """Return the words in lower case by which a text names this drug and no other."""
        return frozenset(word for word, names in self._names.items() if names == {drug.id})

    def contradicts(self, drug: Drug, text: str) -> bool:
        """Whether a text names another drug than the one that its code stands for, be it one of the table or not."""
        named = self.spelled_in(text)
        if not named:
            return self.unlisted.is_named_in(text) or self.others.is_named_in(text)
        return drug.id not in named and not named <= set(drug.contains)

    def clashes(self) -> Iterator[tuple[DrugCode, Drug, Drug]]:
        """Yield every verified code that another drug claimed before, with the first drug and the second.

        Drugs that are bound to routes, of which they share none, may share a code.
        """
        seen: dict[Coding, list[Drug]] = {}
        for drug in self.by_id.values():
            for code in (one for one in drug.codes if one.confidence == "verified"):
                owners = [seen.setdefault(spelling, []) for spelling in _spellings(code)]
                yield from ((code, one, drug) for one in owners[0] if one is not drug and not _are_apart(one, drug))
                for known in owners:
                    known.append(drug)


def _are_apart(first: Drug, second: Drug) -> bool:
    """Return whether two drugs are bound to routes of which they share none."""
    named = route_words().named
    return bool(first.routes and second.routes) and named(first.routes).isdisjoint(named(second.routes))


def _spellings(code: DrugCode) -> Iterator[Coding]:
    """Yield every coding that stands for a code; national drug codes as labeler and product in nine digits."""
    is_ndc = code.system.uri == NDC_URI
    return code.system.spellings(product_of_ndc(code.code) if is_ndc else code.code)


def _without_accents(text: str) -> str:
    return "".join(one for one in unicodedata.normalize("NFD", text.lower()) if not unicodedata.combining(one))


def _squashed(text: str) -> frozenset[str]:
    """Return the words of a text without their hyphens and signs, as short names are compared: T-DM1 is tdm1."""
    return frozenset(_SIGNS.sub("", word) for word in _BETWEEN.split(text.lower()))


def _names(drug: Drug) -> set[str]:
    """Return the words that name a drug: those of its id, displays of a single word (substance, brand), and others."""
    single = {code.display.lower() for code in drug.codes if _WORD.fullmatch(code.display.lower())}
    words = {word for word in (*drug.id.split("-"), *single, *drug.also_called) if len(word) >= _SHORTEST_NAME}
    return {word for word in words if of_words(word) is None} if drug.routes else words
