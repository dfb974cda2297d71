"""The responses that were kept for one determination: which of them stand, and what a new one repeats or takes back.

Source: FHIR R4, QuestionnaireResponse.status: what is `stopped` or `entered-in-error` counts no more, and neither does
what the same response had said before.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any

import orjson

from cds_service.storage.archive import Archive, KeptForm
from fhir_mappings.coverage.coverage_information import EXTENSION
from fhir_mappings.forms.form import Form, confirmed_fact
from fhir_mappings.offers.offered import NOTHING_OFFERED, Offered
from fhir_mappings.questionnaires.carried_answers import Answers, Earlier, Filled, names_in, plain, value_in
from fhir_mappings.questionnaires.draft_response import answered
from fhir_mappings.questionnaires.item_notes import is_of_person
from fhir_mappings.r4.instants import instant
from policies.evaluation.findings_codec import from_plain
from policies.model.findings import Value

Json = dict[str, Any]
WITHDRAWS = "withdraws"
"""The member of a kept response that names those which it takes back; nobody sends it."""
_NOT_CONTENT = frozenset({"id", "meta"})


def hash_of(content: Json) -> str:
    """Return the hash of what a response says; its id, its meta, and what we said to it are no part of that."""
    said = {name: value for name, value in content.items() if name not in _NOT_CONTENT}
    said["extension"] = [one for one in said.get("extension", ()) if one.get("url") != EXTENSION]
    return sha256(orjson.dumps(said, option=orjson.OPT_SORT_KEYS)).hexdigest()


@dataclass(frozen=True, slots=True)
class _Kept:
    id: str
    content: str
    response: Json

    @property
    def is_withdrawal(self) -> bool:
        return WITHDRAWS in self.response


@dataclass(frozen=True, slots=True)
class History:
    """The responses on file for one determination, newest first; `as_kept` gives the hash under which one is kept."""

    kept: tuple[_Kept, ...]
    as_kept: Callable[[str], str] = str

    @classmethod
    def of(cls, forms: Iterable[KeptForm], as_kept: Callable[[str], str] = str) -> "History":
        """Read what was kept."""
        return cls(tuple(_Kept(one.id, one.content, orjson.loads(one.text)) for one in forms), as_kept)

    @property
    def _withdrawn(self) -> frozenset[str]:
        return frozenset(name for one in self.kept for name in one.response.get(WITHDRAWS, ()))

    @property
    def _standing(self) -> tuple[_Kept, ...]:
        gone = self._withdrawn
        return tuple(one for one in self.kept if one.id not in gone and not one.is_withdrawal)

    def earlier(self, gone: Iterable[str] = ()) -> tuple[Earlier, ...]:
        """Return what stands, newest first, without those that are being taken back."""
        standing = (one for one in self._standing if one.id not in frozenset(gone))
        return tuple(Earlier.of(f"QuestionnaireResponse/{one.id}", one.response) for one in standing)

    def same(self, content: Json) -> tuple[str | None, str]:
        """Return the id of the response that says the same and stands, and the hash under which a new one is kept.

        What was taken back and is said once more is a new response; no two are kept under one hash.
        """
        said, gone = hash_of(content), self._withdrawn
        while (found := self._under(said)) is not None and found.id in gone:
            said = sha256(said.encode()).hexdigest()
        return (found.id if found is not None else None), self.as_kept(said)

    def was_taken_back(self, content: Json) -> bool:
        """Whether a response says what one said that was taken back: a copy of it that lies about somewhere."""
        found = self._under(hash_of(content))
        return found is not None and found.id in self._withdrawn

    def free(self, content: Json) -> str:
        """Return a hash under which nothing is kept yet."""
        said = hash_of(content)
        while self._under(said) is not None:
            said = sha256(said.encode()).hexdigest()
        return self.as_kept(said)

    def _under(self, said: str) -> _Kept | None:
        """Return what is kept under a hash: as it is kept now, or as it was before there was a key."""
        return next((one for one in self.kept if one.content in {self.as_kept(said), said}), None)

    def taken_back(self, content: Json) -> tuple[str, ...]:
        """Return the ids of the responses that stand and are the one that is taken back.

        They have its id, as it came or as we gave it; or, where it has none, they gave the same answers.
        """
        name = content.get("id")
        if name:
            return tuple(one.id for one in self._standing if name in {one.id, one.response.get("id")})
        said = _values(Earlier.of("", content).answers)
        return tuple(one.id for one in self._standing if _values(Earlier.of("", one.response).answers) == said)

    def later(self, content: Json, latest: datetime) -> tuple[Earlier, ...]:
        """Return what stands and was written after a response; one that is dated ahead is later than none."""
        now = instant(content.get("authored"))
        if now is None:
            return ()
        times = ((one, instant(one.authored)) for one in self.earlier())
        return tuple(one for one, then in times if then is not None and now < then <= latest)


def filled_before(archive: Archive, form: Form, determination: str) -> Filled:
    """Return what drafts of a determination were ever filled in with from the chart alone."""
    filled: dict[str, list[Value | None]] = {}
    for facts in archive.findings(determination):
        found = from_plain(facts)
        for name, fact in form.questions.items():
            of_chart = name in found and not is_of_person(found[name])
            given = answered(form, fact, found[name]) if of_chart else None
            if given is not None:
                filled.setdefault(name, []).append(value_in([given]))
    return filled


def offered_to(archive: Archive | None, determination: str, items: Iterable[Json]) -> Offered:
    """Return what was proposed to who sends a response to a determination; read only if it says yes or no to any."""
    said = any(confirmed_fact(name) is not None for name in names_in(items))
    if archive is None or not determination or not said:
        return NOTHING_OFFERED
    return Offered(tuple(from_plain(one) for one in archive.findings(determination)))


def _values(answers: Answers) -> Json:
    return {name: plain(said) for name, said in answers.items()}
