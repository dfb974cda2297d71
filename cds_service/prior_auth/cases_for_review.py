"""What a reviewer sees of one request: what its items were judged by, what came along, what was decided."""

import binascii
from base64 import b64decode
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from cds_service.database.transactions import reading
from cds_service.encryption.payloads import known_as
from cds_service.encryption.tenant_keys import PAYER
from cds_service.prior_auth.answers import items_of, read_again
from cds_service.prior_auth.requests import reference_number
from cds_service.requests_on_file.kept_requests import KeptAnswer, Request
from cds_service.requests_on_file.store import PriorAuthStore
from cds_service.storage.archive import Archive
from cds_service.storage.tables import AUTHORIZATIONS
from fhir_mappings.insurance.patient_name import name_in_words
from fhir_mappings.prior_auth.bundles import Entry
from fhir_mappings.prior_auth.item_answer import ItemAnswer
from fhir_mappings.prior_auth.json_values import inner, objects, text
from fhir_mappings.wording import Wording
from policies.evaluation.findings_codec import from_plain

Json = dict[str, Any]
_PICTURES = frozenset({"image/png", "image/jpeg"})
"""What a browser shows and never runs."""
_LONGEST_TEXT = 20_000
_LARGEST_PICTURE = 2_000_000
"""In letters and bytes; what is larger can be had as a file."""
_ABSENT = "http://terminology.hl7.org/CodeSystem/data-absent-reason"


@dataclass(frozen=True, slots=True)
class ReviewedItem:
    """An item with what it was judged by: the report of its determination in words, authorizations of the member.

    `records` are how the records of the chart are named, by reference. `revisions` are those of the determination, each
    with its day and its cause in words.
    """

    answer: ItemAnswer
    product: str
    asked: str
    report: Json
    records: Mapping[str, str]
    determination: str
    earlier: tuple[Json, ...]
    revisions: tuple[Json, ...] = ()

    @property
    def criteria(self) -> tuple[Json, ...]:
        """Return its criteria that have an id."""
        return tuple(one for one in self.report.get("criteria", ()) if one.get("id"))

    def says(self, criterion: str) -> str:
        """Return what a criterion says, by its id; the id where the report does not hold it."""
        return next((str(one["says"]) for one in self.criteria if one["id"] == criterion), criterion)


@dataclass(frozen=True, slots=True)
class CaseForReview:
    """A request as its page shows it."""

    request: Request
    number: str
    patient: str
    items: tuple[ReviewedItem, ...]
    answers: tuple[KeptAnswer, ...]
    attachments: tuple[Json, ...]
    forms: tuple[Json, ...]

    @property
    def problems(self) -> tuple[Json, ...]:
        """Return why it could not be taken: code, place, sentence and words of each reason; empty where it was."""
        return tuple({"key": ""} | one for one in self.answers[-1].said["problems"])


@dataclass(frozen=True, slots=True)
class CasesForReview:
    """Reads requests for reviewers."""

    store: PriorAuthStore
    archive: Archive
    say: Wording

    def read(self, name: str) -> CaseForReview | None:
        """Return a request by its id; None if there is none."""
        request = self.store.find(name)
        if request is None:
            return None
        bundle, claim = read_again(request)
        answers = self.store.answers(name)
        asked = {one.sequence: one.raw for one in claim.items}
        items = tuple(self._item(request, one, asked.get(one.sequence, {})) for one in items_of(answers[-1]))
        documents = tuple(_attachments(list(bundle.of_kind("DocumentReference"))))
        forms = tuple(one.resource for one in bundle.of_kind("QuestionnaireResponse"))
        number = reference_number(request.first)
        return CaseForReview(request, number, person_of(claim.patient), items, answers, documents, forms)

    def _item(self, request: Request, answer: ItemAnswer, asked: Json) -> ReviewedItem:
        about = request.about.get(str(answer.sequence), {})
        kept = self.archive.told(about["determination"]) if about.get("determination") else None
        report = self.say.report(kept.report) if kept is not None else {}
        earlier = tuple(self._authorized(about.get("member", {}).get("member", "")))
        product = about.get("product") or text(inner(asked.get("productOrService")).get("text"))
        name = about.get("determination", "")
        found = self.archive.find(name, None) if name else None
        revisions = tuple(self.say.report(found["revisions"])) if found is not None else ()
        records = self.say.records(from_plain(kept.findings).values()) if kept is not None else {}
        return ReviewedItem(answer, product, _asked(asked), report, records, name, earlier, revisions)

    def _authorized(self, member: str) -> Iterator[Json]:
        if not member:
            return
        sought = select(AUTHORIZATIONS).order_by(AUTHORIZATIONS.c.start)
        with reading(self.store.engine) as connection:
            names = known_as(connection, PAYER, [member])
            found = connection.execute(sought.where(AUTHORIZATIONS.c.member.in_(names))).all()
        for one in found:
            yield {"number": one.number, "policy": one.policy, "start": one.start, "end": one.end}


def person_of(patient: Entry | None) -> str:
    """Return a patient as people name one, with the date of birth."""
    return name_in_words(patient.resource, patient.name) if patient is not None else ""


def _asked(item: Json) -> str:
    """Return what an item asks for in a line: code, quantity, days."""
    codings = objects(inner(item.get("productOrService")).get("coding"))
    coded = [text(one.get("code")) for one in codings if one.get("system") != _ABSENT]
    quantity = inner(item.get("quantity"))
    much = " ".join(str(one) for one in (quantity.get("value"), quantity.get("unit")) if one is not None)
    period = inner(item.get("servicedPeriod"))
    days = text(item.get("servicedDate")) or " - ".join(
        text(period[name]) for name in ("start", "end") if name in period
    )
    return " · ".join(one for one in (*coded, much, days) if one)


def _attachments(documents: list[Entry]) -> Iterator[Json]:
    """Yield what is attached: its title, type, date, and its content where it came along."""
    for entry in documents:
        for one in objects(entry.resource.get("content")):
            attached = inner(one.get("attachment"))
            title = text(attached.get("title")) or text(inner(entry.resource.get("type")).get("text")) or entry.name
            kind, data = text(attached.get("contentType")), attached.get("data")
            told = {"title": title, "type": kind, "date": text(entry.resource.get("date")), "data": data}
            yield told | {
                "words": _words(kind, data),
                "is_picture": kind in _PICTURES and 0 < len(_content(data)) <= _LARGEST_PICTURE,
            }


def _content(data: Any) -> bytes:
    """Return what is attached; nothing where it is not there, or cannot be read."""
    try:
        return b64decode(data, validate=True) if isinstance(data, str) else b""
    except (binascii.Error, ValueError):
        return b""


def _words(kind: str, data: Any) -> str:
    """Return the words of an attached text, as many as a page holds; empty for anything else."""
    if kind.partition(";")[0].strip() != "text/plain":
        return ""
    return _content(data).decode("utf-8", errors="replace")[:_LONGEST_TEXT]
