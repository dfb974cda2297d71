"""Whether an order that a call brings is the one of a determination, and what is said of it where it is not quite."""

from collections.abc import Iterable, Iterator

from cds_service.dtr.errors import DtrError, Fault
from cds_service.dtr.package import Remark
from cds_service.dtr.package_input import assertion_ids
from cds_service.storage.archive import Kept
from fhir_mappings.judgement.judge import Judgement, Outcome
from fhir_mappings.orders.orders import Naming


def of_no_form(judged: Judgement) -> Remark:
    """Say why an order gets no form; what does not tell its product may need one all the same."""
    order, why = judged.order.reference, judged.outcome.value
    if judged.outcome is Outcome.UNSPECIFIC:
        ways = "send the Medication along (referenced), or name the context or the questionnaire"
        return "warning", "incomplete", f"{order}: {why}, so that its form cannot be told; {ways}"
    return "information", "informational", f"{order}: {why}; no form is needed here"


def check_related(kept: Kept, judged: Iterable[Judgement]) -> None:
    """Raise DtrError for an order of another drug than the determination's; its status or note does not matter."""
    if not all(_may_be_of(kept, one) for one in judged):
        raise DtrError(Fault.UNRELATED, "the order is not the one of this context")


def _may_be_of(kept: Kept, judged: Judgement) -> bool:
    """Tell whether an order may be the one of a determination, by its policy.

    A Medication that it names may not have come along. What is no order for a drug (what is booked) must bear the
    determination.
    """
    if (judged.policy.id if judged.policy else "") == kept.policy or judged.outcome is Outcome.UNSPECIFIC:
        return True
    bears = kept.determination in assertion_ids(judged.order)
    return judged.product.naming is Naming.NOT_A_DRUG and bears


def same_rules(kept: Kept, judged: Judgement) -> bool:
    """Tell whether an order falls under the rules of a determination, as far as it tells."""
    if judged.policy is None:
        return _may_be_of(kept, judged)
    return (judged.policy.id, judged.policy.version.isoformat()) == (kept.policy, kept.policy_version)


def of_other_rules(kept: Kept, judged: Iterable[Judgement]) -> Iterator[Remark]:
    """Remark on an order that falls under another version of the rules than when the hook was called (DTR, prof-1)."""
    for one in judged:
        if one.policy is not None and one.policy.version.isoformat() != kept.policy_version:
            text = f"{one.order.reference} falls under the rules of {one.policy.version} now; have it signed again"
            yield "warning", "business-rule", text
