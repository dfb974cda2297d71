"""An answered form that comes back: held against the very form it answers, kept, and judged with the chart.

A convenience beside the standard (DTR has no operation for it): `POST [base]/QuestionnaireResponse`. The answer is the
response itself, as it is kept, with the new coverage information on it. The same response again gets the same answer.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any
from uuid import uuid4

import msgspec
import orjson

from cds_service.composition import Container
from cds_service.dtr.faults import DtrError, DtrIssue, Fault, check_body
from cds_service.rereading import Reread, reread
from cds_service.storage.archive import Archive, Kept, Sought
from cds_service.storage.register import AnsweredForm, SqlRegister
from fhir_mappings.answers import Answers, read_answers
from fhir_mappings.coverage_information import Stamp
from fhir_mappings.coverages import own_coverage
from fhir_mappings.forms.form import Form
from fhir_mappings.forms.response import AnswersError
from fhir_mappings.identity import local
from fhir_mappings.resources import Reference
from hooks.determining import Determining, Sent
from hooks.dialects import dialect_of
from hooks.errors import CallError
from hooks.register import RegisterError

Json = dict[str, Any]
_DTR = "http://hl7.org/fhir/us/davinci-dtr/StructureDefinition"
_CONTEXTS = frozenset({f"{_DTR}/qr-context", f"{_DTR}/qr-coverage"})
_FINISHED = frozenset({"completed", "amended"})
_NOT_CONTENT = frozenset({"id", "meta"})


class _Identifier(msgspec.Struct, frozen=True):
    system: str = ""
    value: str = ""


class _Extension(msgspec.Struct, frozen=True, rename="camel"):
    url: str = ""
    value_reference: Reference | None = None


class _Head(msgspec.Struct, frozen=True, rename="camel"):
    """A response as far as it says what it belongs to."""

    status: str = ""
    questionnaire: str = ""
    authored: str = ""
    subject: Reference | None = None
    identifier: _Identifier | None = None
    extension: tuple[_Extension, ...] = ()

    @property
    def coverage(self) -> str:
        """Return Type/id of the coverage that it names; empty if it names none."""
        return next((one for one in self._contexts() if one.startswith("Coverage/")), "")

    @property
    def orders(self) -> frozenset[str]:
        """Return Type/id of each order that it names."""
        return frozenset(one for one in self._contexts() if not one.startswith("Coverage/"))

    def _contexts(self) -> Iterator[str]:
        for one in self.extension:
            named = local((one.value_reference.reference or "") if one.value_reference else "")
            if one.url in _CONTEXTS and named is not None:
                yield "/".join(named)


@dataclass(frozen=True, slots=True)
class _Came:
    """A response as it came, its plain values, and the hash of what it says."""

    body: bytes
    content: Json
    said: str


@dataclass(frozen=True, slots=True)
class Accepted:
    """An answered form as it is kept, and whether it is new."""

    id: str
    resource: Json
    is_new: bool


@dataclass(frozen=True, slots=True)
class AnsweredForms:
    """Takes answered forms; `forms` are ours, by canonical URL with version."""

    container: Container
    archive: Archive
    register: SqlRegister
    forms: dict[str, Form]

    def take(self, body: bytes, tenant: str | None) -> Accepted:
        """Take an answered form; raises DtrError."""
        head, content = _head(body, self.container.settings.max_depth)
        form = self.forms.get(head.questionnaire)
        if form is None:
            raise DtrError(Fault.UNKNOWN, "questionnaire names no form and version of ours")
        kept = self._determination(head, form, tenant)
        name, came = str(uuid4()), _Came(body, content, _hash(content))
        answers = self._answers(body, head, f"QuestionnaireResponse/{name}")
        same = self.archive.same_response(kept.determination, came.said)
        if same is not None:
            return Accepted(same[0], same[1], is_new=False)
        self._check_newer(head, kept)
        return Accepted(name, self._kept(name, kept, answers, came), is_new=True)

    def _check_newer(self, head: _Head, kept: Kept) -> None:
        """Raise DtrError for a response that was written before the last one that is here."""
        last = self.archive.last_response(kept.determination)
        then = _instant(msgspec.json.decode(last, type=_Head).authored) if last is not None else None
        now = _instant(head.authored)
        if then is not None and now is not None and now < then:
            text = "a later answer to this form is here already; have the form again, and answer that"
            raise DtrError(Fault.STALE, text)

    def _answers(self, body: bytes, head: _Head, reference: str) -> Answers:
        """Read the answers; raises DtrError for each that is wrong, and for what is required and open at the end."""
        try:
            answers = read_answers(body, self.forms, self.container.order_sign.say, reference)
        except AnswersError as error:
            raise DtrError.of(Fault.ANSWER, [DtrIssue(one.text, one.link_id) for one in error.faults]) from None
        if head.status in _FINISHED and answers.open:
            raise DtrError.of(Fault.OPEN, [DtrIssue("is required, and not answered", one) for one in answers.open])
        return answers

    def _determination(self, head: _Head, form: Form, tenant: str | None) -> Kept:
        """Find the determination that a response belongs to; raises DtrError."""
        whose = local((head.subject.reference or "") if head.subject else "")
        patient = whose[1] if whose is not None and whose[0] == "Patient" else ""
        if head.identifier is not None and head.identifier.system.endswith("/determination"):
            names: tuple[str, ...] = (head.identifier.value,)
        else:
            of = Sought(patient, head.coverage, form.policy.id, form.request.value)
            names = self.archive.newest(of, tenant)
        every = (self.archive.kept(name) for name in names)
        found = [one for one in every if one is not None and tenant in {None, one.tenant}]
        kept = next((one for one in found if one.order in head.orders), next(iter(found), None))
        if kept is None:
            raise DtrError(Fault.UNKNOWN, "it names no determination: by identifier, or by coverage and subject")
        if patient != kept.patient:
            raise DtrError(Fault.UNRELATED, "its subject is not the patient of its determination")
        if head.coverage not in {"", kept.coverage}:
            raise DtrError(Fault.UNRELATED, "its coverage is not the one of its determination")
        answered = (form.policy.id, form.request.value, form.version.isoformat())
        if answered != (kept.policy, kept.request, kept.policy_version):
            raise DtrError(Fault.UNRELATED, "its form is not the one of its determination")
        return kept

    def _kept(self, name: str, kept: Kept, answers: Answers, came: _Came) -> Json:
        """Judge with the answers, and keep response and revision together; raises DtrError."""
        try:
            again = reread(self.container.order_sign, kept.call)
            with self.register.answering(kept.call_id, self.container.today()) as session:
                sent = self._determined(again, kept, answers, session)
                reply = self._written(name, came.content, again, sent)
                received = datetime.now(UTC)
                form = AnsweredForm(name, kept.determination, came.said, received, came.body, orjson.dumps(reply))
                session.keep_response(form)
        except CallError:
            raise DtrError(Fault.UNKNOWN, "the call of its determination can no longer be read") from None
        except RegisterError:
            raise DtrError(Fault.LOST, "the answers could not be kept; please send them again") from None
        return reply

    def _determined(self, again: Reread, kept: Kept, answers: Answers, session: Any) -> Sent:
        service, decided = again.service, again.decided(kept, answers.findings)
        if decided is None:
            raise DtrError(Fault.UNKNOWN, "the order of its determination is not in its call any more")
        determining = Determining(service.payer, service.say, again.call, kept.tenant, cause="cause.form")
        return determining.all((decided,), session)[0]

    def _written(self, name: str, content: Json, again: Reread, sent: Sent) -> Json:
        """Return the response as it is kept: as it came, with the coverage information of now in place of an older."""
        told, payer = sent.decided.determination, self.container.order_sign.payer
        assert told is not None  # noqa: S101 - what has no determination is not sent
        coverage = own_coverage(again.chart, payer.identifiers, sent.decided.judgement.as_of.day).reference
        stamp = Stamp(coverage, self.container.today(), sent.assertion_id)
        ours = dialect_of(again.call.extension).written(told, stamp)
        others = [one for one in content.get("extension", ()) if one.get("url") != ours["url"]]
        return content | {"id": name, "extension": [*others, ours]}


def _head(body: bytes, max_depth: int) -> tuple[_Head, Json]:
    """Read the head of a response, and all of it as plain values; raises DtrError."""
    check_body(body, max_depth)
    try:
        content = orjson.loads(body)
        if not isinstance(content, dict) or content.get("resourceType") != "QuestionnaireResponse":
            raise DtrError(Fault.STRUCTURE, "the body is no QuestionnaireResponse")
        head = msgspec.json.decode(body, type=_Head)
    except orjson.JSONDecodeError as error:
        raise DtrError(Fault.STRUCTURE, f"the body is no acceptable JSON: {error}") from None
    except msgspec.ValidationError as error:
        raise DtrError(Fault.ANSWER, f"the response cannot be read: {error}") from None
    return head, content


def _instant(written: str) -> datetime | None:
    """Return an instant; None for what is none, or lacks its time zone: such times cannot be told apart."""
    try:
        found = datetime.fromisoformat(written)
    except ValueError:
        return None
    return found if found.tzinfo is not None else None


def _hash(content: Json) -> str:
    said = {name: value for name, value in content.items() if name not in _NOT_CONTENT}
    return sha256(orjson.dumps(said, option=orjson.OPT_SORT_KEYS)).hexdigest()
