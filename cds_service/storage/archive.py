"""Reading what was kept: one determination with its revisions, and the facts behind a revision."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

import orjson
from sqlalchemy import Connection, Engine, Row, select

from cds_service.database.transactions import reading
from cds_service.encryption.payloads import Place, opened
from cds_service.storage import statements
from cds_service.storage.revision_texts import RevisionTexts, texts_of
from cds_service.storage.tables import CALLS, DETERMINATIONS, RESPONSES, REVISIONS
from hooks.protocol.crd_versions import DEFAULT_VERSION
from hooks.records.register_port import DeterminationKey
from policies.evaluation.findings_codec import said_to_plain
from policies.model.dates import CallDay, OrderDate
from policies.model.notes import Note

Json = dict[str, Any]
CAUSE = "cause."
"""How the keys of causes begin."""


@dataclass(frozen=True, slots=True)
class Kept:
    """A revision as it was kept: what it was judged from, and what came out; `fhir_server` may be empty.

    `call` is empty unless it was read too.
    """

    determination: str
    tenant: str
    coverage: str
    patient: str
    call_id: str
    number: int
    order: str
    as_of: OrderDate
    today: CallDay
    policy: str
    request: str
    policy_version: str
    findings: Json
    report: Json
    fhir_server: str
    call: bytes = b""

    @property
    def policy_revision(self) -> int:
        """Return the revision of the policy that judged it; what was kept before that was noted is of the first."""
        return int(self.report.get("policy_revision", 1))

    @property
    def question(self) -> DeterminationKey:
        """Return whom and what it is about, without the product."""
        return DeterminationKey(
            self.tenant, self.fhir_server, self.patient, self.coverage, self.policy, self.request, ""
        )

    @property
    def crd_version(self) -> str:
        """Return the version of CRD in which it was reported."""
        return str(self.report.get("crd_version", DEFAULT_VERSION.name))


@dataclass(frozen=True, slots=True)
class KeptForm:
    """An answered form on file: its id, the hash of what it says, and the text that its answers are read from."""

    id: str
    content: str
    text: bytes


@dataclass(frozen=True, slots=True)
class Sought:
    """Which determination is meant where nobody knows its id: for whom, under which coverage, by which policy."""

    patient: str
    coverage: str
    policy: str
    request: str


@dataclass(frozen=True, slots=True)
class Archive:
    """The determinations on file."""

    engine: Engine

    def find(self, name: str, tenant: str | None) -> Json | None:
        """Return a determination with its revisions; None if there is none of that id, or it is another tenant's.

        Its notes stand in it as they are kept: who shows it puts them into words (`Wording.report`). Without a tenant,
        for an administrator, it may be anybody's.
        """
        of_id = select(DETERMINATIONS).where(DETERMINATIONS.c.id == name)
        sought = of_id if tenant is None else of_id.where(DETERMINATIONS.c.tenant == tenant)
        with reading(self.engine) as connection:
            head = connection.execute(sought).first()
            return _as_read(head, _revisions(connection, head)) if head is not None else None

    def revision(self, name: str, number: int | None = None) -> Kept | None:
        """Return a revision, by default the newest, without the call that it was judged from; None if there is none.

        A call can be megabytes: it is empty here, and read (`kept`) only where something is judged again.
        """
        rows = statements.REVISION if number is None else statements.REVISION.where(REVISIONS.c.number == number)
        with reading(self.engine) as connection:
            row = connection.execute(rows, {"of": name}).first()
            return _kept(row, texts_of(connection, row, row.tenant)) if row is not None else None

    def kept(self, name: str, number: int | None = None) -> Kept | None:
        """Return a revision as it was kept, by default the newest, with its call; None if there is none."""
        revision = self.revision(name, number)
        if revision is None:
            return None
        with reading(self.engine) as connection:
            body = connection.execute(select(CALLS.c.request).where(CALLS.c.id == revision.call_id)).scalar()
            place = Place(CALLS, "request", revision.call_id)
            if body is None:
                return None
            return replace(revision, call=opened(connection, place, body, revision.tenant))

    def responses(self, determination: str) -> tuple[KeptForm, ...]:
        """Return every form that was answered for a determination, the newest first."""
        with reading(self.engine) as connection:
            return kept_forms(connection, determination)

    def determined_for(self, orders: Iterable[str], of: Kept) -> frozenset[str]:
        """Return the determinations that were made for some orders (Type/id) of the patient of a determination."""
        sought = {"orders": list(orders), "tenant": of.tenant, "fhir_server": of.fhir_server, "patient": of.patient}
        with reading(self.engine) as connection:
            return frozenset(connection.execute(statements.DETERMINED_FOR, sought).scalars())

    def findings(self, determination: str) -> tuple[Json, ...]:
        """Return the facts of each revision of a determination, the newest first."""
        with reading(self.engine) as connection:
            rows = connection.execute(statements.FINDINGS, {"of": determination}).all()
            return tuple(texts_of(connection, one).findings for one in rows)

    def response(self, name: str, tenant: str | None) -> Json | None:
        """Return an answered form as it was answered; None if there is none, or it is another tenant's."""
        with reading(self.engine) as connection:
            row = connection.execute(statements.RESPONSE, {"name": name}).first()
            if row is None or tenant not in {None, row.tenant}:
                return None
            return dict(orjson.loads(opened(connection, Place(RESPONSES, "reply", name), row.reply, row.tenant)))

    def of_order(self, patient: str, coverage: str, order: str) -> tuple[str, ...]:
        """Return the ids of the determinations of an order (Type/id) of a patient under a coverage, the newest first.

        Of every tenant and server: who asks keeps to those that concern them.
        """
        sought = {"patient": patient, "coverage": coverage, "order": order, "among": f" {order} "}
        with reading(self.engine) as connection:
            return tuple(dict.fromkeys(connection.execute(statements.DETERMINED_OF_ORDER, sought).scalars()))

    def of_patient(self, patient: str, tenant: str) -> tuple[str, ...]:
        """Return the ids of what was determined for a tenant's patient, newest first.

        Of one question (server, coverage, policy, kind of request) the newest alone.
        """
        with reading(self.engine) as connection:
            rows = connection.execute(statements.OF_PATIENT, {"tenant": tenant, "patient": patient}).all()
        found: dict[tuple[str, ...], str] = {}
        for one in rows:
            found.setdefault((one.fhir_server, one.coverage, one.policy, one.request), one.id)
        return tuple(found.values())

    def newest(self, of: Sought, tenant: str | None) -> tuple[str, ...]:
        """Return the ids of the determinations that are sought, among a tenant's own; the newest first.

        Without a tenant, for an administrator, it may be anybody's.
        """
        sought = {"patient": of.patient, "coverage": of.coverage, "policy": of.policy, "request": of.request}
        with reading(self.engine) as connection:
            found = (
                connection.execute(statements.NEWEST_OF_ALL, sought)
                if tenant is None
                else connection.execute(statements.NEWEST_OF_TENANT, sought | {"tenant": tenant})
            )
            return tuple(found.scalars())


def kept_forms(connection: Connection, determination: str) -> tuple[KeptForm, ...]:
    """Return every form that was answered for a determination, the newest first."""
    rows = connection.execute(statements.RESPONSES_OF, {"of": determination}).all()
    texts = (opened(connection, Place(RESPONSES, "response", one.id), one.response) for one in rows)
    return tuple(KeptForm(one.id, one.content, text) for one, text in zip(rows, texts, strict=True))


def _revisions(connection: Connection, head: Row[Any]) -> list[tuple[Row[Any], RevisionTexts]]:
    rows = select(REVISIONS).where(REVISIONS.c.determination == head.id).order_by(REVISIONS.c.number)
    return [(one, texts_of(connection, one, head.tenant)) for one in connection.execute(rows).all()]


def _as_read(head: Row[Any], revisions: list[tuple[Row[Any], RevisionTexts]]) -> Json:
    newest, texts = revisions[-1]
    return {
        "id": head.id,
        "revision": newest.number,
        "date": newest.day.isoformat(),
        "supersedes": head.supersedes,
        "patient": f"Patient/{head.patient}",
        **texts.report,
        "coverage": head.coverage,
        "value_sets": texts.value_sets,
        "revisions": [_revision(*one) for one in revisions],
    }


def _revision(row: Row[Any], texts: RevisionTexts) -> Json:
    ruling = texts.report["ruling"]
    return {"number": row.number, "date": row.day.isoformat(), "ruling": ruling, "cause": caused(texts.cause)}


def caused(kept: str) -> str | Json:
    """Return why there is a revision, as a note is kept; what was kept before causes were notes is words."""
    return said_to_plain(Note(kept)) if kept.startswith(CAUSE) else kept


def _kept(row: Row[Any], texts: RevisionTexts) -> Kept:
    return Kept(
        determination=row.determination,
        tenant=row.tenant,
        coverage=row.coverage,
        patient=row.patient,
        call_id=row.call,
        number=row.number,
        order=row.order,
        as_of=row.as_of,
        today=row.today,
        policy=row.policy,
        request=row.kind,
        policy_version=row.policy_version,
        findings=texts.findings,
        report=texts.report,
        fhir_server=row.fhir_server,
    )
