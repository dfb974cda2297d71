"""Whether an order that a call brings is the one of a determination, and what is said of it where it is not quite."""

from collections.abc import Iterable, Iterator

from cds_service.dtr.errors import DtrError, Fault
from cds_service.form_packages.package import Remark
from cds_service.form_packages.package_input import PackageInput, assertion_ids
from cds_service.storage.archive import Kept
from fhir_mappings.judgement.judge import Judgement, Outcome
from fhir_mappings.ordered_products.product import Naming
from fhir_mappings.r4.references import named


def of_no_form(judged: Judgement) -> Remark:
    """Say why an order gets no form; what does not tell its product may need one all the same."""
    order, why = judged.order.reference, judged.outcome.value
    if judged.outcome is Outcome.UNSPECIFIC:
        ways = "send the Medication along (referenced), or name the context or the questionnaire"
        return "warning", "incomplete", f"{order}: {why}, so that its form cannot be chosen; {ways}"
    if judged.outcome is Outcome.LINE_UNKNOWN:
        ways = "send the Coverage with its type or class, or name the context or the questionnaire"
        return "warning", "incomplete", f"{order}: {why}, so that its form cannot be chosen; {ways}"
    return "information", "informational", f"{order}: {why}; no form is needed here"


def check_one_patient(asked: PackageInput, kept: Kept | None) -> None:
    """Raise DtrError where coverages, orders and determination are not all of one patient, as far as they tell."""
    about = [named(one.beneficiary) for one in asked.coverages] + [named(one.resource.subject) for one in asked.orders]
    patients = {one for one in about if one is not None}
    if kept is not None:
        patients.add(("Patient", kept.patient))
    if len(patients) > 1:
        raise DtrError(Fault.UNRELATED, "coverage, order and context are not all of one patient")


def of_context(kept: Kept, judged: Iterable[Judgement]) -> tuple[Judgement, ...]:
    """Return the orders that a determination is about; the others of a visit have forms of their own.

    Raises DtrError if there are orders, and none is of the determination's drug; status or note do not matter.
    """
    every = tuple(judged)
    found = tuple(one for one in every if _may_be_of(kept, one))
    if every and not found:
        raise DtrError(Fault.UNRELATED, "the order is not the one of this context")
    return found


def _may_be_of(kept: Kept, judged: Judgement) -> bool:
    """Whether an order may be the one of a determination, by its policy, or by one of those that may be its own.

    A Medication that it names may not have come along. What is no order for a drug (what is booked) must bear the
    determination.
    """
    if (judged.policy.id if judged.policy else "") == kept.policy or judged.outcome is Outcome.UNSPECIFIC:
        return True
    if kept.policy in judged.possible:
        return True
    bears = kept.determination in assertion_ids(judged.order)
    return judged.product.naming is Naming.NOT_A_DRUG and bears


def same_rules(kept: Kept, judged: Judgement) -> bool:
    """Whether an order falls under the rules of a determination, as far as it tells."""
    if judged.policy is None:
        return _may_be_of(kept, judged)
    return (judged.policy.id, judged.policy.version.isoformat()) == (kept.policy, kept.policy_version)


def of_other_rules(kept: Kept, judged: Iterable[Judgement]) -> Iterator[Remark]:
    """Remark on an order that falls under another version of the rules than when the hook was called (DTR, prof-1)."""
    for one in judged:
        if one.policy is not None and one.policy.version.isoformat() != kept.policy_version:
            text = f"{one.order.reference} falls under the rules of {one.policy.version} now; have it signed again"
            yield "warning", "business-rule", text
