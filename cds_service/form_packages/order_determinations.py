"""The determinations of orders that a call for forms brings, where its app names no context (CRD 2.2.1)."""

from collections.abc import Iterable

from cds_service.form_packages.order_match import same_rules
from cds_service.form_packages.package_input import PackageInput, assertion_ids
from cds_service.storage.archive import Archive, Kept
from fhir_mappings.judgement.judge import Judgement
from fhir_mappings.r4.references import named


def determinations_of_orders(
    archive: Archive, asked: PackageInput, judged: Iterable[Judgement], tenant: str | None
) -> dict[str, Kept]:
    """Return the determinations of orders, by the reference of the order.

    It is the one that an order still bears; where nobody wrote it on the order, the one of this very order of this
    patient under this coverage. One counts only if patient, policy and version are the same, as far as the order still
    says; else, as an older or foreign one, it says nothing. Neither does one that several orders bear: it is about one
    of them.
    """
    if not asked.coverages:
        return {}
    found: dict[str, Kept] = {}
    for one in judged:
        borne = _fitting(archive, assertion_ids(one.order), asked, one, tenant)
        before = borne or _fitting(archive, _determined_before(archive, asked, one), asked, one, tenant)
        if borne or len({kept.fhir_server for kept in before}) == 1:
            found[one.order.reference] = before[0]
    names = [kept.determination for kept in found.values()]
    return {order: kept for order, kept in found.items() if names.count(kept.determination) == 1}


def _fitting(
    archive: Archive, names: Iterable[str], asked: PackageInput, judged: Judgement, tenant: str | None
) -> list[Kept]:
    """Return the determinations of these that an order can be of, in their order."""
    whose = named(asked.coverages[0].beneficiary)
    told = (archive.told(name) for name in names)
    ours = (kept for kept in told if kept is not None and tenant in {None, kept.tenant})
    return [kept for kept in ours if whose == ("Patient", kept.patient) and same_rules(kept, judged)]


def _determined_before(archive: Archive, asked: PackageInput, judged: Judgement) -> tuple[str, ...]:
    """Return the determinations of an order that bears none, the newest first: by patient, coverage and order."""
    coverage, whose = asked.coverages[0], named(asked.coverages[0].beneficiary)
    if whose is None or not (coverage.id and judged.order.resource.id):
        return ()
    return archive.of_order(whose[1], coverage.reference, judged.order.reference)
