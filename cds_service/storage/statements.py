"""The statements of the register, written once: putting one together costs more than running it."""

from collections.abc import Iterable, Iterator

from sqlalchemy import ColumnElement, Table, and_, bindparam, desc, func, insert, or_, select, update

from cds_service.database.prepared import Prepared
from cds_service.storage.tables import (
    AUTHORIZATIONS,
    CALLS,
    DETERMINATIONS,
    RESPONSES,
    REVISIONS,
    SENT_CARDS,
    SHOWN_CARDS,
)

OF_REQUEST = ("tenant", "fhir_server", "patient", "policy", "request")
"""What an authorization is asked for by, and a card is shown once for: whatever the coverage's id or the dose."""
OF_TEXTS = tuple(
    REVISIONS.c[one] for one in ("determination", "number", "texts", "value_sets", "findings", "report", "cause")
)
"""What the texts of a revision are read from (`revision_texts`)."""
_OF_SUCCESSION = ("tenant", "fhir_server", "patient", "coverage", "policy")
"""What a determination has in common with the one that it comes after."""


def _matching(table: Table, names: Iterable[str]) -> Iterator[ColumnElement[bool]]:
    """Yield the conditions that columns hold the parameters of their names."""
    return (table.c[name] == bindparam(name) for name in names)


ADD_CALL = Prepared(insert(CALLS))
ADD_REPLY = Prepared(update(CALLS).where(CALLS.c.id == bindparam("of_call")).values(reply=bindparam("reply")))
ADDING = {one.name: Prepared(insert(one)) for one in (AUTHORIZATIONS, DETERMINATIONS, REVISIONS, RESPONSES)}
"""Adding a row that stands in the chain, by table."""

_OF_SENDER = and_(
    *_matching(AUTHORIZATIONS, ("fhir_server", "patient")),
    or_(AUTHORIZATIONS.c.fhir_server != "", AUTHORIZATIONS.c.tenant == bindparam("tenant")),
)
_NAMES_OF_MEMBER = ("member", "as_patient", "plain_member", "plain_as_patient")
_OF_MEMBER = or_(AUTHORIZATIONS.c.member.in_([bindparam(one) for one in _NAMES_OF_MEMBER]), _OF_SENDER)
"""The authorizations of a member: by its key, or by the patient for which they were given before a number was known.

A call that knows no number of the plan finds those that were given to the same patient when it did. Rows from before
the first key of encryption hold plain hashes.
"""

_AUTHORIZED = tuple(AUTHORIZATIONS.c[one] for one in ("number", "start", "end", "allowance", "indication"))
"""What an authorization is read from."""
BEGUN_AUTHORIZATIONS = Prepared(
    select(*_AUTHORIZED)
    .where(_OF_MEMBER, *_matching(AUTHORIZATIONS, ("policy",)))
    .where(AUTHORIZATIONS.c.start <= bindparam("on"))
    .order_by(AUTHORIZATIONS.c.end)
)
"""The authorizations that have begun by a day, running or over; the one that holds longest comes last."""

AUTHORIZATION_BESIDE = Prepared(
    select(*_AUTHORIZED)
    .where(AUTHORIZATIONS.c.member.in_([bindparam("member"), bindparam("plain_member")]))
    .where(*_matching(AUTHORIZATIONS, ("policy",)), AUTHORIZATIONS.c.superseded_by.is_(None))
    .where(func.coalesce(AUTHORIZATIONS.c.indication, "").in_(["", bindparam("for_indication")]))
    .where(AUTHORIZATIONS.c.start <= bindparam("until"), AUTHORIZATIONS.c.end >= bindparam("on"))
    .order_by(AUTHORIZATIONS.c.start)
    .limit(1)
)
"""The first authorization of a member, policy and disease of it that holds on any day of a time.

What names no disease was given before they were noted, or without one, and holds for each.
"""

AUTHORIZATION_ROW = Prepared(select(AUTHORIZATIONS).where(AUTHORIZATIONS.c.number == bindparam("of_number")))
RAISE_AUTHORIZATION = Prepared(
    update(AUTHORIZATIONS)
    .where(AUTHORIZATIONS.c.number == bindparam("of_number"))
    .values(end=bindparam("new_end"), allowance=bindparam("new_allowance"))
)

ADD_SENT = Prepared(insert(SENT_CARDS))
ADD_SHOWN = Prepared(insert(SHOWN_CARDS))
LAST_SHOWN = Prepared(
    select(func.max(SHOWN_CARDS.c.day).label("day")).where(
        *_matching(SHOWN_CARDS, OF_REQUEST), SHOWN_CARDS.c.topic == bindparam("topic")
    )
)

AUTHORIZATIONS_ON_FILE = Prepared(
    select(AUTHORIZATIONS)
    .where(_OF_MEMBER)
    .where(AUTHORIZATIONS.c.start <= bindparam("on"), AUTHORIZATIONS.c.end >= bindparam("on"))
    .order_by(AUTHORIZATIONS.c.end)
)
"""The authorizations of a member that hold on a day; the one that holds longest comes last."""

_OF_PATIENT = (
    select(
        DETERMINATIONS.c.policy,
        DETERMINATIONS.c.request,
        REVISIONS.c.policy_version,
        CALLS.c.today,
        *OF_TEXTS,
    )
    .join_from(REVISIONS, DETERMINATIONS)
    .join(CALLS, CALLS.c.id == REVISIONS.c.call)
)
DETERMINED_ON_FILE = Prepared(
    _OF_PATIENT.where(*_matching(DETERMINATIONS, ("tenant", "fhir_server", "patient")), DETERMINATIONS.c.policy != "")
    .where(CALLS.c.today >= bindparam("since"))
    .order_by(CALLS.c.received, REVISIONS.c.number)
)
"""What was determined for a patient by a policy since a day; the newest comes last."""

DETERMINATION = Prepared(
    select(DETERMINATIONS, REVISIONS.c.number, REVISIONS.c.content, REVISIONS.c.order)
    .join_from(DETERMINATIONS, REVISIONS, isouter=True)
    .where(DETERMINATIONS.c.key == bindparam("of_key"))
    .order_by(desc(REVISIONS.c.number))
    .limit(1)
)
"""The determination of a question, with the number, content and order of its newest revision."""

REPORTED_AGAIN = Prepared(
    update(DETERMINATIONS)
    .where(DETERMINATIONS.c.id == bindparam("of"))
    .values(told_again=bindparam("on_day"), orders=bindparam("for_orders"))
)
REVISION = (
    select(
        REVISIONS,
        DETERMINATIONS.c.tenant,
        DETERMINATIONS.c.fhir_server,
        DETERMINATIONS.c.coverage,
        DETERMINATIONS.c.patient,
        DETERMINATIONS.c.policy,
        DETERMINATIONS.c.request.label("kind"),
        CALLS.c.today,
    )
    .join_from(REVISIONS, DETERMINATIONS)
    .join(CALLS, CALLS.c.id == REVISIONS.c.call)
    .where(REVISIONS.c.determination == bindparam("of"))
    .order_by(desc(REVISIONS.c.number))
    .limit(1)
)
"""The newest revision of a determination, without the body of its call."""

_LAST_CALL = (
    select(func.max(CALLS.c.received))
    .where(REVISIONS.c.determination == DETERMINATIONS.c.id, REVISIONS.c.call == CALLS.c.id)
    .scalar_subquery()
)
SUPERSEDED = Prepared(
    select(DETERMINATIONS.c.id)
    .where(*_matching(DETERMINATIONS, _OF_SUCCESSION), DETERMINATIONS.c.policy != "")
    .order_by(desc(_LAST_CALL))
    .limit(1)
)
"""The newest determination on the same policy for the same patient and coverage."""

NEWEST_RESPONSE = Prepared(
    select(RESPONSES.c.id, RESPONSES.c.response)
    .join(DETERMINATIONS, DETERMINATIONS.c.id == RESPONSES.c.determination)
    .where(DETERMINATIONS.c.key == bindparam("of_key"))
    .order_by(desc(RESPONSES.c.received))
    .limit(1)
)
"""The form that was answered last for a question."""

DETERMINED_FOR = (
    select(REVISIONS.c.determination)
    .join_from(REVISIONS, DETERMINATIONS)
    .where(*_matching(DETERMINATIONS, ("tenant", "fhir_server", "patient")))
    .where(REVISIONS.c.order.in_(bindparam("orders", expanding=True)))
)
"""The determinations of a patient that were sent for some orders."""
DETERMINED_OF_ORDER = (
    select(REVISIONS.c.determination)
    .join_from(REVISIONS, DETERMINATIONS)
    .where(*_matching(DETERMINATIONS, ("patient", "coverage")))
    .where(
        or_(
            *_matching(REVISIONS, ("order",)),
            func.replace(DETERMINATIONS.c.orders, bindparam("among"), "") != DETERMINATIONS.c.orders,
        )
    )
    .order_by(desc(REVISIONS.c.day), desc(REVISIONS.c.number))
)
"""The determinations of one order of a patient under a coverage, the newest first.

Ids are distinguished by the case of their letters (R4, id), which LIKE does not do in SQLite.
"""
LOCKED = select(DETERMINATIONS.c.id).where(DETERMINATIONS.c.id == bindparam("of")).with_for_update()
"""A determination for whom a form is being answered: two forms at once come one after the other.

SQLite knows no such lock; its one writer is let in when the transaction begins.
"""
RESPONSES_OF = (
    select(RESPONSES.c.id, RESPONSES.c.content, RESPONSES.c.response)
    .where(RESPONSES.c.determination == bindparam("of"))
    .order_by(desc(RESPONSES.c.received), desc(RESPONSES.c.id))
)
"""Every form that was answered for a determination, the newest first."""
REQUEST = select(CALLS.c.request).where(CALLS.c.id == bindparam("of_call"))
REPLY = select(RESPONSES.c.reply).where(RESPONSES.c.id == bindparam("name"))
FINDINGS = select(*OF_TEXTS).where(REVISIONS.c.determination == bindparam("of")).order_by(REVISIONS.c.number.desc())
RESPONSE = (
    select(RESPONSES.c.reply, DETERMINATIONS.c.tenant)
    .join_from(RESPONSES, DETERMINATIONS)
    .where(RESPONSES.c.id == bindparam("name"))
)
NEWEST_OF_ALL = (
    select(DETERMINATIONS.c.id)
    .where(*_matching(DETERMINATIONS, ("patient", "policy", "request")))
    .where(or_(bindparam("coverage") == "", *_matching(DETERMINATIONS, ("coverage",))))
    .order_by(desc(_LAST_CALL))
)
"""The determinations for a patient and a coverage ("": any), by a policy and kind of request, newest first."""
OF_PATIENT = (
    select(
        DETERMINATIONS.c.id,
        DETERMINATIONS.c.coverage,
        DETERMINATIONS.c.policy,
        DETERMINATIONS.c.request,
        DETERMINATIONS.c.fhir_server,
    )
    .where(*_matching(DETERMINATIONS, ("tenant", "patient")), DETERMINATIONS.c.policy != "")
    .order_by(desc(_LAST_CALL))
)
"""What a policy determined for a tenant's patient, newest first."""
NEWEST_OF_TENANT = NEWEST_OF_ALL.where(*_matching(DETERMINATIONS, ("tenant",)))
