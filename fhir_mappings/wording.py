"""The sentences that people read, one file a language.

What a payer may word (what a criterion says, what is asked) stands in the policy file. All else stands in
`texts/{language}.yaml`; the code names a sentence by its key and fills in the figures. Reasoning makes no sentences:
what it says is a note (`policies.model.notes`), and becomes one here, where somebody reads it.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from functools import cache
from importlib.resources import files
from typing import Any

import yaml

from fhir_mappings.written_dates import day, ending, is_day, moment
from policies.evaluation.findings_codec import is_note, is_series, said_from_plain
from policies.model.findings import Finding
from policies.model.notes import Clause, Evidence, Figure, Note, Said, Series, in_order

_MANY = 5
_ENGLISH = "en"
_ISO_WITHIN = re.compile(r"\b\d{4}-\d\d-\d\d\b")
_CITED = re.compile(r"(?:, (\d{4}(?:-\d\d){0,2}))?, [A-Z][A-Za-z]+/[A-Za-z0-9.-]*[A-Za-z0-9]")
"""How a reference stands in a sentence, after the date of its record."""


@dataclass(frozen=True, slots=True)
class Wording:
    """The sentences of one language.

    `cites` tells whether evidence is listed with its references, or by its date and place, as people know a record.
    `dates` tells whether dates stand in sentences as people of the language write them, or as data has them (ISO).
    `gaps` tells whether each point says which kinds of record are not at hand; where a page says it once, none does.
    `payer` are the payer's own sentences in this language, by what the policy file says.
    """

    language: str
    sentences: Mapping[str, str]
    cites: bool = True
    gaps: bool = True
    dates: bool = False
    payer: Mapping[str, str] = field(default_factory=dict)

    @property
    def uncited(self) -> "Wording":
        """Return the same words without the references of evidence, as people read them: dates too."""
        return replace(self, cites=False, dates=True)

    @property
    def cited(self) -> "Wording":
        """Return the same words with the references of evidence."""
        return replace(self, cites=True)

    @property
    def dated(self) -> "Wording":
        """Return the same words with dates as people write them, references or not."""
        return replace(self, dates=True)

    @property
    def without_gaps(self) -> "Wording":
        """Return the same words without what is said of kinds of record that are not at hand."""
        return replace(self, gaps=False)

    def __call__(self, key: str, **figures: object) -> str:
        """Return a sentence with its figures; raises KeyError for an unknown key or a missing figure."""
        sentence = self.sentences[key]
        if self.payer:
            figures = {name: self.payer.get(one, one) if isinstance(one, str) else one for name, one in figures.items()}
        if self.dates and figures:
            figures = {name: self.day(one) if is_day(one) else one for name, one in figures.items()}
        return sentence.format_map(figures) if "{" in sentence else sentence

    def count(self, key: str, number: int, **figures: object) -> str:
        """Return the sentence `key.one` or `key.many`, by the number, which it may also show as {n}."""
        return self(f"{key}.{self._number(number)}", n=number, **figures)

    def _number(self, number: object) -> str:
        """Return by which ending a sentence is chosen for a number: by the rules of the language (CLDR)."""
        if isinstance(number, int):
            return ending(self.language, number)
        return "one" if number == 1 else "many"

    def words(self, said: Said) -> str:
        """Return what is said, a note as its sentence; raises KeyError for an unknown key or a missing figure."""
        if isinstance(said, str):
            return self.read(self._own(said)) if self.dates else self._own(said)
        if isinstance(said, Series):
            return said.between.join(filter(None, map(self.words, said.parts)))
        if not self.gaps and _is_of_kinds(said):
            return ""
        key, given = said.key, said.figures
        sentence = self.sentences.get(key)
        if sentence is None:
            sentence = self.sentences[f"{key}.{self._number(given.get('n'))}"]
        return self._filled(sentence, given) if given else sentence

    def _own(self, text: str) -> str:
        """Return a text in the payer's own words, if it is one of the policy's."""
        own = self.payer.get(text, text)
        return own if self.cites or "/" not in own else self._uncited(own)

    def _uncited(self, sentence: str) -> str:
        """Return words without the references in them: a sentence that was kept before notes were has some."""
        if "/" not in sentence:
            return sentence
        return _CITED.sub(lambda one: f", {self.day(one[1])}" if one[1] else "", sentence)

    def _filled(self, sentence: str, given: Mapping[str, Figure]) -> str:
        figures: dict[str, object] = dict(given)
        for name, one in given.items():
            if not isinstance(one, int):
                filled = self._text(name, one) if isinstance(one, str) else self._figure(one)
                figures[name] = self.day(filled) if self.dates and is_day(filled) else filled
        return sentence.format_map(figures)

    def _text(self, name: str, text: str) -> str:
        """Return a text as people read it: a code of FHIR for the status or the type of a record in words."""
        if name == "status":
            return self.sentences.get(f"record_status.{text or 'none'}", text)
        return self.sentences.get(f"record_kind.{text}", text) if name == "kind" else self._own(text)

    def _figure(self, figure: Figure) -> object:
        if isinstance(figure, Note | Series):
            return self.words(figure)
        if isinstance(figure, Clause):
            return self.words(figure.said).rstrip(".")
        return self.listed(figure) if isinstance(figure, tuple) else figure

    def listed(self, evidence: Iterable[Evidence]) -> str:
        """Write evidence as people read it: what it is, when, and where it stands; a long list is cut."""
        items = in_order(evidence)
        more = len(items) - _MANY
        shown = [", ".join(self.parts(one)) for one in items[:_MANY]]
        return "; ".join(shown) + (f"; +{more}" if more > 0 else "")

    def parts(self, one: Evidence) -> list[str]:
        """Return what a piece of evidence shows, when, and where it stands, as far as known.

        Without references it is known by what people can recognise: the organ beside what it shows, and the day.
        """
        if not self.cites:
            place = f" ({self(f'place.{one.place}')})" if one.place else ""
            return [part for part in (self.words(one.summary) + place, self.day(one.date)) if part]
        when = self.day(one.date) if self.dates else one.date
        return [part for part in (self.words(one.summary), when, one.reference) if part]

    def records(self, findings: Iterable[Finding]) -> dict[str, str]:
        """Return by reference how the records are named on which findings rest, or which they overrule."""
        every = (one for finding in findings for one in (*finding.evidence, *finding.overruled))
        return {one.reference: ", ".join(self.parts(one)) for one in every}

    def day(self, when: date | str) -> str:
        """Return a date, or a part of one (ISO), as people of the language write it; what is no date stays as it is."""
        return day(self.language, when)

    def moment(self, at: datetime) -> str:
        """Return a day with the time of day (UTC), as people of the language write them."""
        return moment(self.language, at)

    def read(self, text: str) -> str:
        """Return a text with the dates in it, such as a name with a date of birth, as people write them."""
        return _ISO_WITHIN.sub(lambda one: self.day(one[0]), text)

    def short(self, one: Evidence) -> str:
        """Return what a piece of evidence shows, and when, in as few words as the language has."""
        said = one.summary
        brief = self.sentences.get(f"short.{said.key}") if isinstance(said, Note) else None
        return self._filled(brief, said.figures) if brief and isinstance(said, Note) else self.words(said)

    def report(self, kept: Any) -> Any:
        """Return a report in words: its notes, as they are or as `findings_codec` keeps them, wherever they stand."""
        if isinstance(kept, Note | Series | str):
            return self.words(kept)
        if isinstance(kept, list):
            return [self.report(one) for one in kept]
        if not isinstance(kept, dict):
            return kept
        if is_note(kept) or is_series(kept):
            return self.words(said_from_plain(kept))
        return {name: self.report(one) for name, one in kept.items()}


def _is_of_kinds(note: Note) -> bool:
    """Whether a note says which kinds of record are not at hand: one that names a record can be said nowhere else."""
    found = note.figures.get("found")
    return note.key == "fact.unread" and isinstance(found, Series) and not any(_is_record(one) for one in found.parts)


def _is_record(said: Said) -> bool:
    return isinstance(said, str) and not said.startswith("+")


@cache
def wording(language: str = "en") -> Wording:
    """Read the sentences of a language; raises FileNotFoundError if there is no file for it.

    One that it lacks is said in English: better understood by many than by nobody. A test lets none lack.
    """
    own = on_file(language)
    payer = own.pop("payer", {})
    return Wording(language, own if language == _ENGLISH else {**wording(_ENGLISH).sentences, **own}, payer=payer)


def on_file(language: str) -> dict[str, Any]:
    """Return what the file of a language holds; raises FileNotFoundError."""
    text = files("fhir_mappings").joinpath("texts", f"{language}.yaml").read_text(encoding="utf-8")
    return dict(yaml.load(text, Loader=yaml.CSafeLoader))


def languages() -> tuple[str, ...]:
    """Return the languages that there are sentences in, by their codes; the service's own stands first."""
    named = (one.name.removesuffix(".yaml") for one in files("fhir_mappings").joinpath("texts").iterdir())
    return (_ENGLISH, *sorted(one for one in named if one != _ENGLISH))
