"""What a reviewer sees of one request: what its items were judged by, what came along, what was decided."""

import binascii
from base64 import b64decode, b64encode
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from cds_service.database.transactions import reading
from cds_service.encryption.payloads import known_as
from cds_service.encryption.tenant_keys import PAYER
from cds_service.prior_auth.answers import asking_of, items_of, read_again
from cds_service.prior_auth.requests import reference_number
from cds_service.requests_on_file.kept_requests import KeptAnswer, Request
from cds_service.requests_on_file.store import PriorAuthStore
from cds_service.storage.archive import Archive
from cds_service.storage.tables import AUTHORIZATIONS
from fhir_mappings.insurance.patient_name import name_in_words
from fhir_mappings.prior_auth.bundles import Entry
from fhir_mappings.prior_auth.information_requests import codes_of
from fhir_mappings.prior_auth.item_answer import ItemAnswer
from fhir_mappings.prior_auth.json_values import decoded, encoded, inner, objects, text
from fhir_mappings.wording import Wording
from policies.evaluation.findings_codec import from_plain

Json = dict[str, Any]
_PICTURES = frozenset({"image/png", "image/jpeg"})
"""What a browser shows and never runs."""
_LONGEST_TEXT = 20_000
_LARGEST_PICTURE = 2_000_000
"""In letters and bytes; what is larger can be had as a file."""
_BESIDE = ("DocumentReference", "DiagnosticReport", "Binary", "QuestionnaireResponse")
"""What comes with a request for a person to read."""
_FIRST_TO_DENY = ("not-met", "unknown", "met")
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

    @property
    def to_deny_by(self) -> tuple[Json, ...]:
        """Return its criteria in the order in which a denial names one: what is not met first, what is met last."""
        return tuple(sorted(self.criteria, key=lambda one: _FIRST_TO_DENY.index(str(one["truth"]))))

    def says(self, criterion: str) -> str:
        """Return what a criterion says, by its id; the id where the report does not hold it."""
        return next((str(one["says"]) for one in self.criteria if one["id"] == criterion), criterion)


@dataclass(frozen=True, slots=True)
class CaseForReview:
    """A request as its page shows it.

    Attachments and forms are those that came with it, and then those that were sent for it since. `wanted` is what was
    asked for and has not come: LOINC codes of documents, or `FORM`.
    """

    request: Request
    number: str
    patient: str
    items: tuple[ReviewedItem, ...]
    answers: tuple[KeptAnswer, ...]
    attachments: tuple[Json, ...]
    forms: tuple[Json, ...]
    wanted: tuple[str, ...] = ()

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
        came = [(one.resource, "") for one in bundle.of_kind(*_BESIDE)] + list(self._sent(request, answers))
        forms = tuple(one for one, _ in came if _is_form(one))
        sent = tuple(part for one, at in came for part in _parts_of(one, at))
        number, wanted = reference_number(request.first), _wanted(answers[-1])
        return CaseForReview(request, number, person_of(claim.patient), items, answers, sent, forms, wanted)

    def _sent(self, request: Request, answers: tuple[KeptAnswer, ...]) -> Iterator[tuple[Json, str]]:
        """Yield what was sent for a request, and for those that it follows on, since they came; and when that was."""
        earlier = (one for one in self.store.chain_of(request.first) if one.id != request.id)
        steps = [step for one in earlier for step in self.store.answers(one.id)]
        for step in (*steps, *answers):
            for one in step.said.get("attached", ()):
                yield decoded(one["resource"].encode()), step.at.isoformat()

    def _item(self, request: Request, answer: ItemAnswer, asked: Json) -> ReviewedItem:
        about = request.about.get(str(answer.sequence), {})
        kept = self.archive.revision(about["determination"]) if about.get("determination") else None
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


def _is_form(resource: Json) -> bool:
    return resource.get("resourceType") == "QuestionnaireResponse"


def _wanted(answer: KeptAnswer) -> tuple[str, ...]:
    return tuple(dict.fromkeys(code for one in asking_of(answer) for code in codes_of(one)))


def _parts_of(resource: Json, came: str) -> Iterator[Json]:
    """Yield what is attached: its title, type, date, when it came if it came later, and its content if that is there.

    What came later and is neither a document nor a report with one is shown as it came, as a file of JSON.
    """
    kind, named = text(resource.get("resourceType")), inner(resource.get("type")) or inner(resource.get("code"))
    shown = text(named.get("text")) or f"{kind}/{text(resource.get('id'))}"
    head = {"title": shown, "date": text(resource.get("date")) or text(resource.get("issued")), "came": came}
    found = [inner(one.get("attachment")) for one in objects(resource.get("content"))]
    found = found or ([resource] if kind == "Binary" else list(objects(resource.get("presentedForm"))))
    if not found and came and not _is_form(resource):
        found = [{"contentType": "application/fhir+json", "data": b64encode(encoded(resource)).decode()}]
    for one in found:
        yield head | ({"title": text(one["title"])} if text(one.get("title")) else {}) | _shown(one)


def _shown(attached: Json) -> Json:
    """Return the type and content of an attachment, and how much of it a page shows."""
    kind, data = text(attached.get("contentType")), attached.get("data")
    is_picture = kind in _PICTURES and 0 < len(_content(data)) <= _LARGEST_PICTURE
    return {"type": kind, "data": data, "words": _words(kind, data), "is_picture": is_picture}


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
