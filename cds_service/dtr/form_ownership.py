"""What an answered form belongs to: the very form of ours that it answers, and the determination that it is about."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from cds_service.dtr.dtr_versions import at_home
from cds_service.dtr.errors import DtrError, Fault
from cds_service.dtr.response_header import Head
from cds_service.storage.archive import Archive, Kept, Sought
from fhir_mappings.forms.form import Form
from fhir_mappings.questionnaires.adaptive_questionnaire import SUFFIX
from fhir_mappings.questionnaires.published import Shelf


@dataclass(frozen=True, slots=True)
class Answered:
    """The form that a response answers, and whether it does so as an adaptive one."""

    form: Form
    is_adaptive: bool


@dataclass(frozen=True, slots=True)
class Belonging:
    """Finds forms by canonical URL, and determinations by what a response says.

    Without an archive there are no determinations.
    """

    shelf: Shelf
    archive: Archive | None

    @property
    def forms(self) -> Mapping[str, Form]:
        """Return every form by its canonical URL with its version."""
        return self.shelf.forms

    def of(self, head: Head, tenant: str | None, today: date) -> tuple[Answered, Kept | None]:
        """Return the form that a response answers, and the determination that it belongs to; raises DtrError.

        A canonical URL without a version means the form that the determination names; without a determination, the
        one in force today. None if no determination is named.
        """
        for name in head.canonicals:
            url, _, version = at_home(name).partition("|")
            static = url.removesuffix(SUFFIX)
            versions = [one.form for one in self.shelf.versions(static)]
            named = [one for one in versions if not version or one.version.isoformat() == version]
            if named:
                form = named[0] if version else self._meant(head, versions, tenant, today)
                return Answered(form, is_adaptive=static != url), self.determination(head, form, tenant)
        raise DtrError(Fault.UNKNOWN, "questionnaire names no form and version of ours")

    def _meant(self, head: Head, versions: list[Form], tenant: str | None, today: date) -> Form:
        kept = self._named(head, versions[0], tenant)
        of_kept = (one for one in versions if kept is not None and one.version.isoformat() == kept.policy_version)
        published = self.shelf.read(versions[0].id, today)
        return next(of_kept, published.form if published is not None else versions[-1])

    def determination(self, head: Head, form: Form, tenant: str | None) -> Kept | None:
        """Return the determination that a response belongs to, without its call; None if it names none.

        Raises DtrError for one that is not known, that is about something else, or that may be another patient's: ids
        of patients and coverages differ from server to server.
        """
        kept = self._named(head, form, tenant)
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
        told = self.archive.told_for(head.orders, kept) if self.archive is not None else frozenset()
        return bool(told) and kept.determination not in told

    def _named(self, head: Head, form: Form, tenant: str | None) -> Kept | None:
        if self.archive is None:
            return None
        of = Sought(head.patient, head.coverage, form.policy.id, form.request.value)
        names = (head.determination,) if head.determination else self.archive.newest(of, tenant)
        every = (self.archive.told(name) for name in names)
        found = [one for one in every if one is not None and tenant in {None, one.tenant}]
        if len({one.fhir_server for one in found if one.fhir_server}) > 1:
            raise DtrError(Fault.UNKNOWN, "several servers have a patient of this id: its identifier must say which")
        meant = [one for one in found if one.order in head.orders] or found
        # Renderers drop the head of a response, its coverage too: which is meant must be beyond doubt all the same.
        if len({one.coverage for one in meant}) > 1:
            raise DtrError(Fault.UNKNOWN, "it was asked under several coverages: its context must name the one meant")
        return next(iter(meant), None)
