"""The orders of a request judged as a signed order is, by the one evaluation, in one session of the store.

Where a request names a determination of ours, or brings an answered form of it, the chart and the answers of that stand
beside what came; else what came is all there is. Nothing is fetched. An authorization that is given here is the one
that order-sign answers with, and the other way round.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import orjson

from cds_service.dtr.answered_form import AnsweredForms
from cds_service.dtr.errors import DtrError, Fault
from cds_service.dtr.response_header import read_head
from cds_service.form_packages.package_input import assertion_ids
from cds_service.register.call_session import SqlSession
from cds_service.register.register import SqlRegister
from cds_service.replay.stored_call_reader import reread
from cds_service.storage.archive import Archive, Kept
from fhir_mappings.chart.lacks import Unreadable
from fhir_mappings.forms.form import form_of
from fhir_mappings.prior_auth.stated_case import StatedCase
from fhir_mappings.questionnaires.response import AnswersError
from fhir_mappings.questionnaires.response_answers import read_answers
from fhir_mappings.r4.references import server as address_of
from hooks.coverage_decision.determination_table import Decided
from hooks.ehr_data.fetch_port import NOTHING, Fetched
from hooks.protocol.client import Caller
from hooks.protocol.crd_versions import CRD_2_2
from hooks.protocol.errors import CallError
from hooks.records.determination_key import member_of
from hooks.records.determinations import Sent, determined, questions
from hooks.records.register_port import TRIES, MemberKey, RegisterError
from hooks.records.stored_call import kept as kept_call
from hooks.records.stored_call import read_kept
from hooks.request.call import Call
from hooks.request.occasion import Occasion
from hooks.response.response import Material
from hooks.response.service import Answering
from policies.model.findings import Finding

Json = dict[str, Any]
CAUSE = "cause.prior-auth"
_OF_WHO = frozenset({"Patient", "Coverage", "Organization", ""})
"""What says for whom something is asked, and not what the chart holds; a lack of it is judged by itself."""


@dataclass(frozen=True, slots=True)
class Determined:
    """One order as it was judged and determined, and the member whom an authorization would be for."""

    sent: Sent
    member: MemberKey

    @property
    def decided(self) -> Decided:
        """Return what was decided."""
        return self.sent.decided


@dataclass(frozen=True, slots=True)
class Judged:
    """What is known of each order of a request by its reference; of some nothing was determined.

    `refused_forms` says why answered forms that came along could not be taken.
    """

    determined: Mapping[str, Determined]
    decided: tuple[Decided, ...]
    refused_forms: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Judging:
    """Judges requests; `forms` takes the answered forms that come along."""

    service: Answering
    register: SqlRegister
    archive: Archive
    forms: AnsweredForms
    own_servers: Mapping[str, tuple[str, ...]] | None

    def caller(self, tenant: str) -> Caller:
        """Return a tenant as a caller: whose servers it speaks for."""
        own = None if self.own_servers is None else self.own_servers.get(tenant, ())
        return Caller(tenant, fhir_servers=own)

    def judged(self, case: StatedCase, tenant: str) -> Judged:
        """Judge a request with its answered forms; raises CallError for orders that none can be, and RegisterError."""
        found, refused = self._once(case, tenant), []
        taken = False
        for form in case.forms:
            try:
                taken = self._take(form, case, found, tenant) or taken
            except DtrError as error:
                refused.append(str(error))
        final = self._once(case, tenant) if taken else found
        return replace(final, refused_forms=tuple(refused))

    def _take(self, form: bytes, case: StatedCase, found: Judged, tenant: str) -> bool:
        """Take an answered form of ours, and tell whether it is new; another's is none; raises DtrError."""
        head, content = read_head(form, self.forms.intake.max_depth)
        ours = [url for name in head.canonicals if (url := name.partition("|")[0])]
        if not any(url.startswith(f"{self.service.payer.base_url}/fhir/") for url in ours):
            return False
        if head.patient != case.patient:
            raise DtrError(Fault.UNRELATED, "its subject is not the patient of the request")
        if not head.determination and len(found.determined) == 1:
            (only,) = found.determined.values()
            system = f"{self.service.payer.base_url}/determination"
            content |= {"identifier": {"system": system, "value": only.sent.assertion_id}}
        return self.forms.take(orjson.dumps(content), tenant).is_new

    def _once(self, case: StatedCase, tenant: str) -> Judged:
        """Judge a request by what is on file now; what may pass at once is tried again; raises RegisterError."""
        service, today = self.service, self.service.today()
        known = tuple(self._named(case, tenant))
        body = _at_home(case.body, known)
        call = service.read(body).of_site(service.site_codes.on(tenant, today))
        brought = sum((self._on_file(one) for one in known), NOTHING)
        occasion = Occasion(service.payer, call, self.caller(tenant), CRD_2_2, today, CAUSE)
        material = service.with_claims(Material(occasion, service.chart(call, brought), brought))
        for tries_left in reversed(range(TRIES)):
            try:
                return self._in_session(material, body, known)
            except RegisterError as error:
                if not (error.passing and tries_left):
                    raise
        raise AssertionError("the last try returns or raises")

    def _in_session(self, material: Material, body: bytes, known: tuple[Kept, ...]) -> Judged:
        service, occasion = self.service, material.occasion
        call, today, tenant = occasion.call, occasion.today, occasion.tenant
        text = kept_call(body, call, material.fetched)
        with self.register.session(service.hook.name, call.hook_instance, today, text, tenant) as session:
            decided = service.judged(material)
            session.hold(questions(occasion, decided))
            named = partial(self._answers_on_file, known, session)
            final = service.judged_by_records(material, decided, session, named)
            sent = determined(occasion, final, service.table, session)
            session.finish(b"{}")
        by_order = {
            one.decided.judgement.order.reference: Determined(
                one, member_of(call, one.decided.coverage, occasion.caller)
            )
            for one in sent
        }
        return Judged(by_order, final)

    def _answers_on_file(self, known: tuple[Kept, ...], session: SqlSession, decided: Decided) -> Mapping[str, Finding]:
        """Return what a person answered in the form of a determination that the request names, under another key."""
        policy, request = decided.judgement.policy, decided.judgement.request
        if policy is None or request is None:
            return {}
        form = form_of(policy, request, self.service.payer.base_url)
        asked = (policy.id, request.value, policy.version.isoformat())
        for one in known:
            if (one.policy, one.request, one.policy_version) == asked:
                for response in session.responses(one.determination)[:1]:
                    try:
                        source = f"QuestionnaireResponse/{response.id}"
                        return read_answers(response.text, {form.canonical: form}, self.service.say, source).findings
                    except AnswersError:
                        return {}
        return {}

    def _named(self, case: StatedCase, tenant: str) -> Iterator[Kept]:
        """Yield the determinations of the tenant's own, for this very patient, that the request names, each once."""
        seen: set[str] = set()
        for name in _names_in(case, self.service.read(case.body)):
            kept = self.archive.kept(name) if name not in seen else None
            seen.add(name)
            if kept is not None and kept.tenant == tenant and _is_of(kept, case):
                yield kept

    def _on_file(self, kept: Kept) -> Fetched:
        """Return the chart that a determination was made from, and what it lacked."""
        came = read_kept(kept.call)
        records = list(_records(orjson.loads(came.body).get("prefetch")))
        for _, text in came.fetched.bodies:
            records += _records(orjson.loads(text))
        bundle = {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": one} for one in records]}
        try:
            lacks = reread(self.service, kept.call, kept.tenant, kept.today).chart.lacks
        except CallError as error:
            return Fetched(missing=(Unreadable(f"Determination/{kept.determination}", type(error).__name__),))
        lacking = tuple(Unreadable(f"{one.kind}?", one.why.value) for one in lacks if one.kind not in _OF_WHO)
        return Fetched(((f"Determination/{kept.determination}", orjson.dumps(bundle)),), lacking)


def _names_in(case: StatedCase, call: Call) -> Iterator[str]:
    """Yield the ids of determinations that orders bear, or answered forms name."""
    for order in call.orders:
        yield from assertion_ids(order)
    for form in case.forms:
        identifier = orjson.loads(form).get("identifier")
        if isinstance(identifier, dict) and str(identifier.get("system", "")).endswith("/determination"):
            yield str(identifier.get("value", ""))


def _is_of(kept: Kept, case: StatedCase) -> bool:
    """Whether a determination is of the patient of a request: of the same id, and of no other server."""
    server = str(orjson.loads(case.body).get("fhirServer", ""))
    same = not server or not kept.fhir_server or address_of(server) == address_of(kept.fhir_server)
    return kept.patient == case.patient and same


def _at_home(body: bytes, known: tuple[Kept, ...]) -> bytes:
    """Return the body of a call that names the server of the determinations that it names, where it names none."""
    content = orjson.loads(body)
    server = next((one.fhir_server for one in known if one.fhir_server), "")
    return body if "fhirServer" in content or not server else orjson.dumps(content | {"fhirServer": server})


def _records(value: Any) -> Iterator[Json]:
    """Yield the clinical records of a prefetch, a Bundle or a resource; who it is about and insured by is left out."""
    if isinstance(value, list):
        for one in value:
            yield from _records(one)
    elif isinstance(value, dict) and value.get("resourceType") == "Bundle":
        yield from _records([one.get("resource") for one in value.get("entry") or () if isinstance(one, dict)])
    elif isinstance(value, dict) and "resourceType" not in value:
        yield from _records(list(value.values()))
    elif isinstance(value, dict) and value["resourceType"] not in _OF_WHO | {"OperationOutcome"}:
        yield value
