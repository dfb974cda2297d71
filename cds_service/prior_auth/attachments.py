"""What a provider sends for a request that waits for a person: documents, and answered forms.

It is kept as a further step of the request, in which nothing is decided: a person reads it. An answered form is taken
as any other that comes back, and judged. What was asked for and has come is not asked for any more.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from cds_service.dtr.answered_form import AnsweredForms
from cds_service.prior_auth.answers import ATTACHED, Decision, Writing, asking_of, is_reviewed, items_of, read_again
from cds_service.prior_auth.requests import claim_name, content_hash, is_number_of
from cds_service.requests_on_file.kept_requests import PENDED, KeptAnswer, Request
from cds_service.requests_on_file.store import PriorAuthStore
from fhir_mappings.prior_auth.attachments import Attached, Attachments, read_attachments
from fhir_mappings.prior_auth.bundles import BundleError, Fault
from fhir_mappings.prior_auth.information_requests import left_open, lines_of
from fhir_mappings.prior_auth.item_answer import ItemAnswer
from fhir_mappings.prior_auth.json_values import encoded
from fhir_mappings.r4.elements import is_id

Json = dict[str, Any]
MOST_TIMES = 20
"""How often something is sent for one request at most: a case is read by a person."""


@dataclass(frozen=True, slots=True)
class Attaching:
    """Takes what is sent for requests; `base_url` is that of the payer, below which determinations have their ids."""

    store: PriorAuthStore
    writing: Writing
    forms: AnsweredForms
    base_url: str
    max_depth: int
    now: Callable[[], datetime]

    def take(self, body: bytes, tenant: str) -> KeptAnswer:
        """Keep what was sent, and return the answer that stands then; the same again is kept once.

        Raises BundleError for what belongs to no request of the tenant's that waits, DtrError for a form that cannot be
        taken, and StoreError.
        """
        came = read_attachments(body, self.max_depth)
        request = self._request(came, tenant)
        _check_whose(came, request)
        content = content_hash(body)
        answers = self.store.answers(request.id)
        if any(one.said.get("content") == content for one in answers):
            return answers[-1]
        _check_waits(request.state, answers, came)
        for one in came.attached:
            if one.is_form:
                self.forms.take(encoded(self._named(one, request.about)), tenant)
        return self._kept(request, came, content)

    def _request(self, came: Attachments, tenant: str) -> Request:
        """Return the current request of the tenant's own that is meant: by our number for it, or its own identifier."""
        number = came.tracking[1].partition(".")[0]
        named = self.store.find(number) if is_id(number) else None
        if named is None or named.tenant != tenant:
            named = self.store.of_claim(tenant, claim_name(frozenset({came.tracking})))
        current = self.store.current(named.first) if named is not None else None
        if current is None:
            raise _refused("names no request on file", "TrackingId")
        return current

    def _named(self, form: Attached, about: Mapping[str, Json]) -> Json:
        """Return a form with the determination that it answers, where it names none and one alone can be meant."""
        if "identifier" in form.resource:
            return form.resource
        lines = form.lines or {int(one) for one in about}
        known = {name for one in lines if (name := about.get(str(one), {}).get("determination"))}
        if len(known) != 1:
            return form.resource
        return form.resource | {"identifier": {"system": f"{self.base_url}/determination", "value": known.pop()}}

    def _kept(self, request: Request, came: Attachments, content: str) -> KeptAnswer:
        with self.store.session(f"{request.tenant} {request.first}") as session:
            state = session.state(request.id)
            answers = session.answers(request.id)
            if any(one.said.get("content") == content for one in answers):
                return answers[-1]
            _check_waits(state, answers, came)
            decision = _step(answers[-1], came, content, reviewed=any(map(is_reviewed, answers)))
            answer = self.writing.kept(request, read_again(request), decision, answers[-1].number + 1, self.now())
            session.answer(request, answer)
        return answer


def _step(before: KeptAnswer, came: Attachments, content: str, *, reviewed: bool) -> Decision:
    """Return what stands once something came: no item is changed, and less is asked for."""
    items, asking = items_of(before), asking_of(before)
    for one in came.attached:
        asking = left_open(asking, one.lines or _lines(items), one.codes)
    if came.is_final:
        about = {line for one in came.attached for line in (one.lines or _lines(items))}
        asking = tuple(one for one in asking if not lines_of(one) & about)
    attached = [
        {"resource": encoded(one.resource).decode(), "lines": sorted(one.lines), "codes": sorted(one.codes)}
        for one in came.attached
    ]
    return Decision(ATTACHED, items, asking=asking, said={"attached": attached, "content": content}, reviewed=reviewed)


def _lines(items: tuple[ItemAnswer, ...]) -> frozenset[int]:
    return frozenset(one.sequence for one in items)


def _check_whose(came: Attachments, request: Request) -> None:
    """Raise BundleError for another member than the request is for, or for a document about another patient."""
    if not is_number_of(came.member, read_again(request)[1]):
        raise _refused("is no number of the member whom the request is for", "MemberId")
    if any(one.patients - {request.patient} for one in came.attached if request.patient):
        raise _refused("is about another patient than the request", "Attachment")


def _check_waits(state: str, answers: tuple[KeptAnswer, ...], came: Attachments) -> None:
    """Raise BundleError where nothing waits for a person, no such item, or where too much came already."""
    waiting = {one.sequence for one in items_of(answers[-1]) if not one.review.is_final}
    if state != PENDED or not waiting:
        raise _refused("names a request that does not wait for a decision", "TrackingId")
    if any(one.lines - waiting for one in came.attached):
        raise _refused("names an item that does not wait for a decision", "Attachment")
    if sum(one.act == ATTACHED for one in answers) >= MOST_TIMES:
        raise _refused(f"names a request for which something was sent {MOST_TIMES} times", "TrackingId")


def _refused(text: str, name: str) -> BundleError:
    return BundleError([Fault(text, f"Parameters.parameter.where(name='{name}')")])
