"""`Claim/$submit`: a request, an update of one, or its cancellation; judged, answered, and kept once.

Source: PAS 2.2.1, specification, "Prior authorization submission", "Updating authorization requests". What cannot be
processed at all raises BundleError; what is wrong with the content is an answer of its own, which names it.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from uuid import uuid4

from cds_service.database.transactions import StoreError
from cds_service.prior_auth.answers import Decision, Writing
from cds_service.prior_auth.item_decisions import ItemDecisions
from cds_service.prior_auth.request_judgement import Judged, Judging
from cds_service.prior_auth.requests import about, check_names, claim_name, content_hash, request_of
from cds_service.prior_auth.updates import Earlier, carried, earlier_of
from cds_service.requests_on_file.kept_requests import (
    CANCELLED,
    DECIDED,
    PENDED,
    REFUSED,
    REPLACED,
    KeptAnswer,
    Request,
)
from cds_service.requests_on_file.store import PriorAuthStore
from cds_service.requests_on_file.store_session import StoreSession
from fhir_mappings.coverage.coverages import CoverageState
from fhir_mappings.prior_auth.bundles import PasBundle, read_bundle
from fhir_mappings.prior_auth.claim import PasClaim, read_claim
from fhir_mappings.prior_auth.claim_response import Problem
from fhir_mappings.prior_auth.item_answer import ItemAnswer, cancelled, pended
from fhir_mappings.prior_auth.pas_urls import Reject, Review
from fhir_mappings.prior_auth.stated_case import StatedCase, stated
from fhir_mappings.wording import Wording
from hooks.protocol.errors import CallError, IdError, InvalidCallError, UnprocessableError, UnreadableError
from hooks.records.register_port import TRIES

_OF_CONTENT = (IdError, InvalidCallError, UnprocessableError, UnreadableError)
SUBMITTED, UPDATED, WITHDRAWN, WRONG = "submitted", "updated", "withdrawn", "wrong"


@dataclass(frozen=True, slots=True)
class Came:
    """A request as it came: whose, its text, and as it was read."""

    tenant: str
    body: bytes
    bundle: PasBundle
    claim: PasClaim


@dataclass(frozen=True, slots=True)
class _Made:
    """A request with its answer before they are kept."""

    request: Request
    decision: Decision


@dataclass(frozen=True, slots=True)
class Submission:
    """Takes requests; `now` gives the time at which one is received."""

    judging: Judging
    deciding: ItemDecisions
    writing: Writing
    store: PriorAuthStore
    say: Wording
    max_depth: int
    now: Callable[[], datetime]

    def submit(self, body: bytes, tenant: str) -> KeptAnswer:
        """Return the answer to a request; raises BundleError, CallError, StoreError and RegisterError.

        The same request again gets the answer that stands by now. Where what an answer rests on was changed before it
        could be kept, the request is answered anew.
        """
        bundle = read_bundle(body, self.max_depth)
        came = Came(tenant, body, bundle, read_claim(bundle))
        check_names(came.claim)
        for _ in range(TRIES):
            answer = self._answered(came)
            if answer is not None:
                return answer
        raise StoreError("others were first with the same request each time", passing=True)

    def _answered(self, came: Came) -> KeptAnswer | None:
        """Answer a request by what is on file now; None where that was changed in the meantime."""
        known = self.store.same(came.tenant, content_hash(came.body))
        if known is not None:
            return self.store.answers(known.id)[-1]
        earlier = earlier_of(came.claim, self.store, came.tenant) if came.claim.is_update else None
        problem = self._problem(came, earlier)
        made = self._wrong(came, [problem]) if problem is not None else self._made(came, earlier)
        return self._kept(came, made, earlier)

    def _problem(self, came: Came, earlier: Earlier | None) -> Problem | None:
        """Return what is wrong with a request in the light of what is on file; None if nothing is."""
        if came.claim.is_update and earlier is None:
            return self._wrong_at("related[0].claim", "pas.no_earlier", Reject.NOT_FOUND)
        same = self.store.of_claim(came.tenant, claim_name(came.claim.identifiers))
        if same is not None and (earlier is None or same.first != earlier.request.first):
            return self._wrong_at("identifier", "pas.claim_taken")
        if earlier is None:
            return None
        if earlier.is_denied:
            return self._wrong_at("related[0].claim", "pas.denied_before")
        return self._wrong_at("related[0].claim", "pas.cancelled_before") if earlier.is_cancelled else None

    def _wrong_at(self, place: str, key: str, code: Reject = Reject.INPUT) -> Problem:
        return Problem(code, f"Bundle.entry[0].resource.{place}", self.say(key), key)

    def _wrong(self, came: Came, problems: list[Problem]) -> _Made:
        name, now = str(uuid4()), self.now()
        request = request_of(name, came.tenant, came.body, came.bundle, came.claim, now, state=REFUSED)
        return _Made(request, Decision(WRONG, problems=tuple(problems)))

    def _made(self, came: Came, earlier: Earlier | None) -> _Made:
        if earlier is not None and came.claim.is_cancelled:
            items = tuple(cancelled(one) for one in earlier.items)
            return self._as_kept(came, Decision(WITHDRAWN, items), earlier, None)
        case = stated(came.bundle, came.claim, self.judging.service.charts.templates, str(uuid4()))
        try:
            judged = self.judging.judged(case, came.tenant) if case.orders else Judged({}, ())
        except _OF_CONTENT as error:
            return self._wrong(came, list(_of_call(error)))
        foreign = self._of_coverage(judged)
        if foreign is not None:
            return self._wrong(came, [foreign])
        today = self.judging.service.today()
        fresh = tuple(self.deciding.decided(one, case, judged, today) for one in came.claim.items)
        items = carried(fresh, came.claim, earlier) if earlier is not None else fresh
        return self._as_kept(came, Decision(UPDATED if earlier else SUBMITTED, items), earlier, (case, judged))

    def _of_coverage(self, judged: Judged) -> Problem | None:
        """Return what is wrong with the coverage: it is another payer's, or not the patient's; None if nothing is."""
        states = {one.coverage.state for one in judged.decided}
        if CoverageState.FOREIGN in states:
            return self._wrong_at("insurance[0].coverage", "pas.foreign", Reject.NOT_OURS)
        if CoverageState.NONE in states:
            return self._wrong_at("insurance[0].coverage", "pas.no_coverage", Reject.PATIENT)
        return None

    def _as_kept(
        self, came: Came, decision: Decision, earlier: Earlier | None, by: tuple[StatedCase, Judged] | None
    ) -> _Made:
        name, now = str(uuid4()), self.now()
        members = {"state": _state(decision.items), "about": about(*by) if by is not None else {}}
        if by is not None:
            members |= {"patient": by[0].patient, "fhir_server": by[0].server}
        request = request_of(name, came.tenant, came.body, came.bundle, came.claim, now, **members)
        return _Made(earlier.followed_by(request) if earlier is not None else request, decision)

    def _kept(self, came: Came, made: _Made, earlier: Earlier | None) -> KeptAnswer | None:
        """Keep a request with its answer; None where what that rests on was changed in the meantime."""
        request = made.request
        kept = self.writing.kept(request, (came.bundle, came.claim), made.decision, 1, self.now())
        names = {f"{came.tenant} {request.claim}", f"{came.tenant} {request.first}"}
        with self.store.session(*names) as session:
            same = session.same(came.tenant, request.content)
            if same is not None:
                return session.answers(same)[-1]
            if request.state != REFUSED and _is_overtaken(session, request, earlier):
                return None
            session.add(request)
            session.answer(request, kept)
            if earlier is not None and request.replaces is not None:
                session.change(request.replaces, state=REPLACED)
        return kept


def _is_overtaken(session: StoreSession, request: Request, earlier: Earlier | None) -> bool:
    """Whether another request took the identifiers, or the one that is followed on was answered or followed on."""
    if session.is_taken(request):
        return True
    return earlier is not None and not session.is_newest(earlier.request, earlier.answers)


def _state(items: tuple[ItemAnswer, ...]) -> str:
    if pended(items):
        return PENDED
    return CANCELLED if all(one.review is Review.CANCELLED for one in items) else DECIDED


def _of_call(error: CallError) -> Iterator[Problem]:
    for one in error.issues:
        yield Problem(Reject.INPUT, one.place, one.text)
