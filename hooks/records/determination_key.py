"""Which determination an order is about, and what is kept of it."""

from hashlib import sha256

import msgspec

from fhir_mappings.coverage.coverages import OwnCoverage
from fhir_mappings.coverage.member_identity import patient_identity
from hooks.coverage_decision.determination_table import Decided
from hooks.protocol.client import Caller
from hooks.records.register_port import DeterminationKey, MemberKey, Record
from hooks.report.order_report import order_report
from hooks.request.call import Call
from policies.evaluation.findings_codec import to_plain

_TIMING = ("dosageInstruction", "dispenseRequest", "occurrenceDateTime", "occurrenceTiming", "quantityQuantity")
_REASONS = ("reasonCode", "reasonReference")
_CODED = (
    "medicationCodeableConcept",
    "medicationReference",
    "codeCodeableConcept",
    "codeReference",
    "code",
    "serviceType",
)
"""What says of an order, or an appointment, what it is for."""
_DETERMINISTIC = msgspec.json.Encoder(order="deterministic")


def key_of(call: Call, decided: Decided, tenant: str) -> DeterminationKey:
    """Return the key of the determination that an order asks for."""
    judgement = decided.judgement
    return DeterminationKey(
        tenant=tenant,
        fhir_server=call.fhir_server.rstrip("/"),
        patient=call.patient,
        coverage=decided.coverage.reference,
        policy=judgement.policy.id if judgement.policy else "",
        request=judgement.request.value if judgement.request else "",
        product=_product(decided),
    )


def whose(call: Call, policy: str, tenant: str) -> DeterminationKey:
    """Return a key that says just whose something is: of a tenant, for a patient of a server, by a policy."""
    return DeterminationKey(tenant, call.fhir_server.rstrip("/"), call.patient, "", policy, "", "")


def member_of(call: Call, coverage: OwnCoverage, caller: Caller) -> MemberKey:
    """Return whose authorizations a call is about, whatever hospital sends it (reading 24).

    Where a caller names a server that is none of its own, the patient there is known to nobody but to it: who guesses a
    patient of another's server learns nothing, and gives nothing to it. A member number names the member all the same.
    Hashed, so that the table of authorizations holds no member number, and nothing of unknown length.
    """
    server = call.fhir_server.rstrip("/")
    if not caller.speaks_for(server):
        server = f"{caller.tenant} of {server}"
    as_patient = _hashed(patient_identity(server, caller.tenant, call.patient))
    if coverage.identity:
        return MemberKey(_hashed(coverage.identity), as_patient, caller.tenant, server, "")
    return MemberKey(as_patient, as_patient, caller.tenant, server, call.patient)


def _hashed(identity: tuple[str, ...]) -> str:
    return sha256(_DETERMINISTIC.encode(identity)).hexdigest()


def _product(decided: Decided) -> str:
    """Return drug, dose and timing as one text; what is no drug that we know is distinguished by its own codes.

    By a policy for several diseases an order for another reason is another question: what is answered for the one says
    nothing of the other.
    """
    product, order = decided.judgement.product, decided.judgement.order.content
    timing = [order.get(name) for name in _TIMING]
    policy = decided.judgement.policy
    if policy is not None and policy.judges_several:
        timing += [order.get(name) for name in _REASONS]
    if product.drug:
        return _DETERMINISTIC.encode([product.drug.id, *timing]).decode()
    words = product.words or decided.judgement.order.kind
    return _DETERMINISTIC.encode([words, *timing, *(order.get(name) for name in _CODED)]).decode()


def record_of(decided: Decided, cause: str, version: str) -> Record:
    """Return what is kept of an order: by which cause (its key), reported in which version of CRD."""
    judgement = decided.judgement
    policy = judgement.policy
    revised = {"policy_revision": policy.revision} if policy is not None else {}
    return Record(
        order=judgement.order.reference,
        as_of=judgement.as_of.day,
        policy_version=policy.version.isoformat() if policy else "",
        value_sets=dict(policy.value_sets) if policy else {},
        findings=to_plain(judgement.findings),
        report=order_report(decided) | {"crd_version": version} | revised,
        cause=cause,
    )
