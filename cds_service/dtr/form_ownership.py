"""What an answered form belongs to: the very form of ours that it answers, and the determination that it is about."""

from dataclasses import dataclass

from cds_service.dtr.errors import DtrError, Fault
from cds_service.dtr.response_header import Head
from cds_service.storage.archive import Archive, Kept, Sought
from fhir_mappings.forms.form import Form, by_canonical
from fhir_mappings.questionnaires.adaptive_questionnaire import adaptive_canonical
from fhir_mappings.questionnaires.published import Shelf


@dataclass(frozen=True, slots=True)
class Answered:
    """The form that a response answers, and whether it does so as an adaptive one."""

    form: Form
    is_adaptive: bool


@dataclass(frozen=True, slots=True)
class Belonging:
    """Finds forms by canonical URL with version, and determinations by what a response says.

    Without an archive there are no determinations.
    """

    forms: dict[str, Form]
    adaptive: dict[str, Form]
    archive: Archive | None

    @classmethod
    def of(cls, shelf: Shelf, archive: Archive | None) -> "Belonging":
        """Look up in what is published."""
        forms = [one.form for one in shelf.all]
        return cls(by_canonical(forms), {adaptive_canonical(one): one for one in forms}, archive)

    def form(self, head: Head) -> Answered:
        """Return the form that a response answers; raises DtrError."""
        for name in head.canonicals:
            form, adaptive = self.forms.get(name), self.adaptive.get(name)
            if form is not None or adaptive is not None:
                return Answered(form or adaptive, is_adaptive=form is None)  # type: ignore[arg-type]
        raise DtrError(Fault.UNKNOWN, "questionnaire names no form and version of ours")

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
        return kept

    def _named(self, head: Head, form: Form, tenant: str | None) -> Kept | None:
        if self.archive is None:
            return None
        of = Sought(head.patient, head.coverage, form.policy.id, form.request.value)
        names = (head.determination,) if head.determination else self.archive.newest(of, tenant)
        every = (self.archive.told(name) for name in names)
        found = [one for one in every if one is not None and tenant in {None, one.tenant}]
        if len({one.fhir_server for one in found if one.fhir_server}) > 1:
            raise DtrError(Fault.UNKNOWN, "several servers have a patient of this id: its identifier must say which")
        return next((one for one in found if one.order in head.orders), next(iter(found), None))
