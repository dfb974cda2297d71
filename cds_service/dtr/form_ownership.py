"""What an answered form belongs to: the very form of ours that it answers, and the determination that it is about."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date

from cds_service.dtr.dtr_versions import at_home
from cds_service.dtr.errors import DtrError, Fault
from cds_service.dtr.response_header import Head
from cds_service.storage.archive import Archive, Kept, Sought
from fhir_mappings.forms.form import Form
from fhir_mappings.questionnaires.adaptive_questionnaire import SUFFIX
from fhir_mappings.questionnaires.published import Shelf
from fhir_mappings.r4.references import server as address_of

OwnServers = Mapping[str, tuple[str, ...]] | None
"""The FHIR servers of each tenant's clients; None in open mode."""


def is_of_unclear_server(found: Collection[Kept], own_servers: OwnServers) -> bool:
    """Whether what was found by ids of a FHIR server alone may be another patient's: each server has ids of its own.

    It was found for several servers or tenants; or its tenant has several servers, so that one for which nothing is
    determined yet may have a patient of that id too.
    """
    tenants = {one.tenant for one in found}
    known = own_servers or {}
    has_several = any(len(set(map(address_of, known.get(one, ())))) > 1 for one in tenants)
    return has_several or len(tenants) > 1 or len({one.fhir_server for one in found if one.fhir_server}) > 1


@dataclass(frozen=True, slots=True)
class Answered:
    """The form that a response answers, and whether it does so as an adaptive one."""

    form: Form
    is_adaptive: bool


@dataclass(frozen=True, slots=True)
class Belonging:
    """Finds forms by canonical URL, and determinations by what a response says.

    Without an archive there are no determinations. `own_servers` are those of each tenant's clients.
    """

    shelf: Shelf
    archive: Archive | None
    own_servers: OwnServers = None

    @property
    def forms(self) -> Mapping[str, Form]:
        """Return every form by its canonical URL with its version."""
        return self.shelf.forms

    def of(
        self, head: Head, tenant: str | None, today: date, server: str | None = None
    ) -> tuple[Answered, Kept | None]:
        """Return the form that a response answers, and the determination that it belongs to; raises DtrError.

        `server` is the record system in which it was found, if it was.

        A canonical URL without a version means the form that the determination names; without a determination, the
        one in force today. None if no determination is named.
        """
        for name in head.canonicals:
            url, _, version = at_home(name).partition("|")
            static = url.removesuffix(SUFFIX)
            versions = [one.form for one in self.shelf.versions(static)]
            named = [one for one in versions if not version or one.version.isoformat() == version]
            if named:
                form = named[0] if version else self._meant(head, versions, tenant, today, server)
                return Answered(form, is_adaptive=static != url), self.determination(head, form, tenant, server)
        raise DtrError(Fault.UNKNOWN, "questionnaire names no form and version of ours")

    def _meant(self, head: Head, versions: list[Form], tenant: str | None, today: date, server: str | None) -> Form:
        kept = self._named(head, versions[0], tenant, server)
        of_kept = (one for one in versions if kept is not None and one.version.isoformat() == kept.policy_version)
        published = self.shelf.read(versions[0].id, today)
        return next(of_kept, published.form if published is not None else versions[-1])

    def determination(self, head: Head, form: Form, tenant: str | None, server: str | None) -> Kept | None:
        """Return the determination that a response belongs to, without its call; None if it names none.

        Raises DtrError for one that is not known, that is about something else, or that may be another patient's: ids
        of patients and coverages differ from server to server.
        """
        kept = self._named(head, form, tenant, server)
        if kept is None:
            if head.determination:
                raise DtrError(Fault.UNKNOWN, "its identifier names no determination")
            return None
        if head.patient != kept.patient:
            raise DtrError(Fault.UNRELATED, "its subject is not the patient of its determination")
        if head.coverage not in {"", kept.coverage}:
            raise DtrError(Fault.UNRELATED, "its coverage is not the one of its determination")
        answered = (form.policy.id, form.request.value, form.version.isoformat())
        if answered != (kept.policy, kept.request, kept.policy_version):
            raise DtrError(Fault.UNRELATED, "its form is not the one of its determination")
        if head.orders and kept.order not in head.orders and self._is_of_another(head, kept):
            raise DtrError(Fault.UNRELATED, "its order is not the one of its determination")
        return kept

    def _is_of_another(self, head: Head, kept: Kept) -> bool:
        """Whether the orders that a response names are known here, and all of them from other determinations.

        An order that is not known says nothing: clients give a draft another id when it is signed.
        """
        determined = self.archive.determined_for(head.orders, kept) if self.archive is not None else frozenset()
        return bool(determined) and kept.determination not in determined

    def _named(self, head: Head, form: Form, tenant: str | None, server: str | None) -> Kept | None:
        if self.archive is None:
            return None
        if head.determination:
            kept = self.archive.revision(head.determination)
            return kept if kept is not None and tenant in {None, kept.tenant} else None
        of = Sought(head.patient, head.coverage, form.policy.id, form.request.value)
        every = (self.archive.revision(name) for name in self.archive.newest(of, tenant))
        found = [one for one in every if one is not None and server in {None, one.fhir_server}]
        if server is None and is_of_unclear_server(found, self.own_servers):
            raise DtrError(Fault.UNKNOWN, "several servers have a patient of this id: its identifier must say which")
        meant = [one for one in found if one.order in head.orders] or found
        # Renderers drop the head of a response, its coverage too: which is meant must be beyond doubt all the same.
        if len({one.coverage for one in meant}) > 1:
            raise DtrError(Fault.UNKNOWN, "it was asked under several coverages: its context must name the one meant")
        return next(iter(meant), None)
