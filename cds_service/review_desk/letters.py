"""Notices of a decision to the member and to the provider, as text: what was decided, why, and how to appeal.

Source: 42 CFR 422.568(e), what a notice of a denial says: the specific reasons, and the right to a reconsideration with
the ways to it, which the operator words (`[letters]`). An approval of less than was asked for is denied in part.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from enum import Enum
from typing import Any

from cds_service.prior_auth.cases_for_review import CaseForReview, ReviewedItem
from cds_service.requests_on_file.kept_requests import KeptAnswer
from cds_service.storage.archive import Archive, Kept
from fhir_mappings.prior_auth.pas_urls import Review
from fhir_mappings.wording import Wording, wording
from policies.catalogue import Catalogue
from policies.model.policy import Policy

Json = dict[str, Any]
_GRANTED = frozenset({Review.CERTIFIED, Review.PARTIAL, Review.MODIFIED})
_IN_PART = frozenset({Review.NOT_CERTIFIED, Review.PARTIAL, Review.MODIFIED})
"""What leaves something of the request undone, and can be appealed."""


class Reader(Enum):
    """Whom a notice is for."""

    MEMBER = "member"
    PROVIDER = "provider"


class LetterError(Exception):
    """There is no such notice; `is_unset` tells that the operator worded no right to appeal in its language."""

    def __init__(self, *, is_unset: bool = False) -> None:
        self.is_unset = is_unset
        super().__init__("appeal rights are not set" if is_unset else "nothing is decided")


@dataclass(frozen=True, slots=True)
class Letter:
    """A notice: its words' language, its title, and its paragraphs in their order."""

    say: Wording
    title: str
    paragraphs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Letters:
    """Writes notices; `appeal_rights` are the operator's words by language, `own` is the language of the desk."""

    archive: Archive
    catalogue: Catalogue
    payer: str
    appeal_rights: Mapping[str, str]
    own: Wording

    def letter(self, case: CaseForReview, item: ReviewedItem, reader: Reader, language: str) -> Letter:
        """Write the notice about an item; raises LetterError, and FileNotFoundError for a language that is none."""
        say, review = wording(language), item.answer.review
        if review not in _GRANTED | {Review.NOT_CERTIFIED}:
            raise LetterError
        if review in _IN_PART and not self.appeal_rights.get(language):
            raise LetterError(is_unset=True)
        title = say("letter.title", number=case.number)
        return Letter(say, title, tuple(self._paragraphs(case, item, reader, say)))

    def _paragraphs(self, case: CaseForReview, item: ReviewedItem, reader: Reader, say: Wording) -> Iterator[str]:
        decided = _decided(case, item)
        yield say("letter.from", payer=self.payer, day=say.day(decided.at.date()))
        yield say("letter.about", patient=say.read(case.patient), product=item.product, number=case.number)
        is_member = reader is Reader.MEMBER
        yield from _outcome(item, say, is_member=is_member)
        if item.answer.review in _IN_PART:
            yield from self._reasons(item, decided, say)
            yield self.appeal_rights[say.language]
        elif is_member:
            yield say("letter.care")

    def _reasons(self, item: ReviewedItem, decided: KeptAnswer, say: Wording) -> Iterator[str]:
        """Yield why: the criterion in the policy's words, the reviewer's, and which policy it is."""
        kept = self.archive.revision(item.determination) if item.determination else None
        criterion, words = str(decided.said.get("criterion", "")), str(decided.said.get("words", ""))
        if criterion:
            yield say("letter.criterion", criterion=self._policy_words(criterion, kept, say))
        if words:
            yield say("letter.words", words=words)
        policy = self._policy(kept) if kept is not None else None
        if policy is not None:
            version = say.day(policy.version)
            yield say("letter.policy", number=policy.figures.document.number, title=policy.title, version=version)

    def _policy(self, kept: Kept) -> Policy | None:
        """Return the policy that an item was judged by."""
        version = date.fromisoformat(kept.policy_version) if kept.policy_version else None
        return self.catalogue.as_judged(kept.policy, version, kept.policy_revision) if version is not None else None

    def _policy_words(self, criterion: str, kept: Kept | None, say: Wording) -> str:
        """Return a criterion as the policy words it in a language, by what the desk showed of it."""
        says = [str(one["says"]) for one in kept.report.get("criteria", ())] if kept is not None else []
        known = next((one for one in says if criterion in {one, self.own.payer.get(one, one)}), criterion)
        return say.payer.get(known, known)


def _decided(case: CaseForReview, item: ReviewedItem) -> KeptAnswer:
    """Return the answer in which an item was decided as it stands: a person's about it, else the machine's."""
    about = [one for one in case.answers if one.said.get("sequence") == item.answer.sequence]
    return about[-1] if about else case.answers[0]


def _outcome(item: ReviewedItem, say: Wording, *, is_member: bool) -> Iterator[str]:
    """Yield what was decided, and for how long and how much."""
    review, granted = item.answer.review, item.answer.granted
    if granted is None:
        yield say("letter.denied_member") if is_member else say("letter.denied_provider")
        return
    if review in _IN_PART:
        yield say("letter.changed_member") if is_member else say("letter.changed_provider")
        yield say("letter.asked", asked=say.read(item.asked) or say("letter.asked_order"))
    else:
        yield say("letter.approved_member") if is_member else say("letter.approved_provider")
    yield say("letter.number", number=granted.number, start=say.day(granted.start), end=say.day(granted.end))
    if granted.units is not None:
        yield say("letter.units", units=granted.units)
