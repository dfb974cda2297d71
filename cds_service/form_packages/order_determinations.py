"""The determinations of orders that a call for forms brings, where its app names no context (CRD 2.2.1)."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sized
from dataclasses import dataclass, field

from cds_service.dtr.form_ownership import OwnServers, is_of_unclear_server
from cds_service.form_packages.order_match import same_rules
from cds_service.form_packages.package_input import PackageInput, assertion_ids
from cds_service.storage.archive import Archive, Kept
from fhir_mappings.forms.form import Form
from fhir_mappings.judgement.judge import Judgement
from fhir_mappings.r4.references import named


@dataclass(frozen=True, slots=True)
class Insured:
    """For whom forms are asked: a patient (type and id), and the Coverage (Type/id; empty if it has no id)."""

    patient: tuple[str, str] | None
    coverage: str

    @classmethod
    def of(cls, asked: PackageInput, kept: Kept | None) -> "Insured":
        """Take the patient and the coverage of a call; where it names none, those of the determination it names."""
        if asked.coverages:
            one = asked.coverages[0]
            return cls(named(one.beneficiary), one.reference if one.id else "")
        return cls(("Patient", kept.patient), kept.coverage) if kept is not None else cls(None, "")


@dataclass(frozen=True, slots=True)
class Determined:
    """The determinations of orders, by the reference of the order; an order without one is not in it."""

    by_order: Mapping[str, Kept] = field(default_factory=dict)

    def only(self, judged: Sized) -> Kept | None:
        """Return the determination that all orders of a call are of; None if there are several, or not all have one."""
        names = {kept.determination for kept in self.by_order.values()}
        return next(iter(self.by_order.values())) if len(names) == 1 and len(self.by_order) == len(judged) else None

    @property
    def version(self) -> str:
        """Return the version of CRD in which they were given; empty if there is none, or not one."""
        versions = {kept.crd_version for kept in self.by_order.values()}
        return versions.pop() if len(versions) == 1 else ""

    def shared(self, judged: Iterable[Judgement]) -> Iterator[tuple[Kept, tuple[Judgement, ...]]]:
        """Yield each determination with the orders that it is of."""
        orders: dict[str, list[Judgement]] = {}
        for one in judged:
            kept = self.by_order.get(one.order.reference)
            if kept is not None:
                orders.setdefault(kept.determination, []).append(one)
        known = {kept.determination: kept for kept in self.by_order.values()}
        yield from ((known[name], tuple(of_it)) for name, of_it in orders.items())


@dataclass(frozen=True, slots=True)
class Known:
    """The determinations that a call is about: that of its context, or of all its orders, and those of its orders."""

    kept: Kept | None
    of_orders: Determined

    def about(self, form: Form) -> Kept | None:
        """Return the one that is about a form; where several orders have one each, none is meant more than another."""
        asked = (form.policy.id, form.request.value)
        if self.kept is not None and (self.kept.policy, self.kept.request) == asked:
            return self.kept
        every = {one.determination: one for one in self.of_orders.by_order.values()}
        fitting = [one for one in every.values() if (one.policy, one.request) == asked]
        return fitting[0] if len(fitting) == 1 else self.kept


def determinations_of_orders(
    archive: Archive, whose: Insured, judged: Iterable[Judgement], tenant: str | None, own_servers: OwnServers
) -> Determined:
    """Return the determinations of orders.

    It is the one that an order still bears; where nobody wrote it on the order, the one that was given for this very
    order of this patient under this coverage. One counts only if patient, policy and version are the same, as far as
    the order still says; else, as an older or foreign one, it says nothing. One that several orders bear counts only if
    it was given for each of them: a copy of an order bears what was never said of it. What no order bears counts only
    where no other server can be meant: each has ids of its own.
    """
    found: dict[str, Kept] = {}
    copied: set[str] = set()
    for one in judged:
        borne = _fitting(archive, assertion_ids(one.order), whose, one, tenant)
        own = _fitting(archive, _determined_before(archive, whose, one), whose, one, tenant)
        is_clear = len({kept.fhir_server for kept in own}) == 1 and not is_of_unclear_server(own, own_servers)
        if borne or is_clear:
            found[one.order.reference] = kept = (borne or own)[0]
            copied |= {kept.determination} - {each.determination for each in own}
    names = Counter(kept.determination for kept in found.values())
    unclear = {name for name in copied if names[name] > 1}
    return Determined({order: kept for order, kept in found.items() if kept.determination not in unclear})


def _fitting(
    archive: Archive, names: Iterable[str], whose: Insured, judged: Judgement, tenant: str | None
) -> list[Kept]:
    """Return the determinations of these that an order can be of, in their order."""
    revisions = (archive.revision(name) for name in names)
    ours = (kept for kept in revisions if kept is not None and tenant in {None, kept.tenant})
    return [kept for kept in ours if whose.patient == ("Patient", kept.patient) and same_rules(kept, judged)]


def _determined_before(archive: Archive, whose: Insured, judged: Judgement) -> tuple[str, ...]:
    """Return the determinations that were given for an order, the newest first: by patient, coverage and order."""
    if whose.patient is None or not (whose.coverage and judged.order.resource.id):
        return ()
    return archive.of_order(whose.patient[1], whose.coverage, judged.order.reference)
