"""`[[mappings]]` of the settings: what a client's local codes mean, each confirmed by a person, and for a time."""

from collections.abc import Iterable, Mapping
from datetime import date

import msgspec

from cds_service.clients.registered_clients import ClientSettings
from fhir_mappings.chart.site_codes import Agreement, SiteCode, SiteTable
from policies.catalogue import Catalogue
from policies.terminology.value_sets import CodeSet


class MappingError(Exception):
    """A mapping cannot be used; the message says which one, why, and what mends it."""


class MappingSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename={"since": "from"}):
    """`[[mappings]]`: a local code of a client, the code of ours that it means, who confirmed it, and for which days.

    Both days are included. An ended mapping stays in the settings: calls of its time are judged with it again.
    """

    client: str
    system: str
    code: str
    means_system: str
    means_code: str
    confirmed_by: str
    since: date
    until: date | None = None
    display: str = ""

    def site_code(self) -> SiteCode:
        """Return what it says of the code."""
        means = (self.means_system, self.means_code)
        return SiteCode(self.system, self.code, means, self.confirmed_by, self.since, self.until, self.display)


def site_table(
    settings: Iterable[MappingSettings], clients: Iterable[ClientSettings], policies: Catalogue
) -> SiteTable:
    """Check mappings, and return them by tenant; raises MappingError for the first that cannot be used."""
    tenants = {one.name: one.tenant or one.name for one in clients}
    agreement, read = Agreement(policies.terminology), _codes_read(policies)
    found: dict[str, tuple[SiteCode, ...]] = {}
    for index, one in enumerate(settings):
        place = f"setting mappings[{index}]"
        _check(one, place, tenants, agreement)
        _check_meant(one, place, read, policies)
        tenant, made = tenants[one.client], one.site_code()
        other = next((each for each in found.get(tenant, ()) if _contradict(each, made)), None)
        if other is not None:
            raise MappingError(
                f"{place}: {one.system}|{one.code} already means {'|'.join(other.means)} on some of these days; "
                "end one of the two with until, or leave it out"
            )
        found[tenant] = (*found.get(tenant, ()), made)
    return SiteTable(found, agreement)


def _check(one: MappingSettings, place: str, tenants: Mapping[str, str], agreement: Agreement) -> None:
    if one.client not in tenants:
        known = ", ".join(tenants) or "none"
        raise MappingError(f"{place}.client: there is no client '{one.client}'; write the name of one ({known})")
    for name in ("system", "code"):
        if not getattr(one, name).strip():
            raise MappingError(f"{place}.{name}: it is empty; write it as it stands in the client's records")
    if agreement.is_standard(one.system):
        raise MappingError(
            f"{place}.system: {one.system} is a standard code system, whose codes mean the same everywhere; "
            "map codes of a site's own system only"
        )
    if not one.confirmed_by.strip():
        raise MappingError(f"{place}.confirmed_by: nobody confirmed it; write the name of the person who did")
    if one.until is not None and one.until < one.since:
        raise MappingError(
            f"{place}.until: {one.until} is before from, {one.since}; write the last day on which it holds"
        )


def _check_meant(one: MappingSettings, place: str, read: tuple[CodeSet, ...], policies: Catalogue) -> None:
    meant = (one.means_system, one.means_code)
    drugs = policies.terminology.drug_tables.values()
    if not any(codes.find(*meant) for codes in read) and not any(table.find(*meant) for table in drugs):
        raise MappingError(
            f"{place}.means_code: no policy reads {'|'.join(meant)}; choose a verified code of a value set or a drug"
        )


def _codes_read(policies: Catalogue) -> tuple[CodeSet, ...]:
    """Return the value sets of codes that policies read."""
    pinned = {pin for policy in policies.all for pin in policy.value_sets.items()}
    found = (policies.terminology.sets.get(pin) for pin in sorted(pinned))
    return tuple(one for one in found if isinstance(one, CodeSet))


def _contradict(one: SiteCode, other: SiteCode) -> bool:
    """Return whether two mappings give one code two meanings on one day."""
    same = (one.system, one.code) == (other.system, other.code) and one.means != other.means
    shown = one.shows(other.display) or other.shows(one.display)
    apart = (one.until is not None and one.until < other.since) or (other.until is not None and other.until < one.since)
    return same and shown and not apart
