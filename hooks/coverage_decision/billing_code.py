"""The billing code that an answer is about, and what is assumed beyond what the order says.

Source: CRD 2.2.1, impl-5: the response makes clear which billing code, network and place of delivery were assumed.
"""

from fhir_mappings.clinical.values import Coding
from fhir_mappings.judgement.judge import Judgement
from policies.model.determination import Billing
from policies.model.notes import Note

_HCPCS = "HCPCSReleaseCodeSets"


def billing(judgement: Judgement) -> Billing | None:
    """Return the policy's billing code; without one, the order's own billing code if it bears one."""
    if judgement.policy is not None and judgement.policy.figures.product.billing_code:
        product = judgement.policy.figures.product
        return Billing(product.billing_system, product.billing_code, product.billing_display)
    own = _own(judgement)
    return Billing(own[0].system or "", own[0].code or "", own[0].display or "") if own else None


def assumed(judgement: Judgement) -> Note:
    """Return what is assumed of an order that a policy judges: its billing code, and what was not looked at."""
    billed = billing(judgement)
    if billed is None or any(one.code == billed.code for one in _own(judgement)):
        return Note("note.not_considered")
    return Note("note.assumed", code=billed.code)


def _own(judgement: Judgement) -> list[Coding]:
    """Return the billing codes that an order bears, as codes of its own or as options."""
    return [one for one in judgement.product.codings if one.code and _HCPCS in (one.system or "")]
