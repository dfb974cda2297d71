"""One determination as its form page needs it: what is asked, what is filled in and why, and who it is about."""

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from cds_service.dtr.dtr_versions import DTR_2_2
from cds_service.dtr.errors import DtrError
from cds_service.form_packages.package_input import PackageInput
from cds_service.form_packages.package_operation import Packaging
from cds_service.forms.errors import FormPageError
from cds_service.forms.patient_name import patient_of
from cds_service.storage.archive import Archive, Kept
from fhir_mappings.forms.form import Form
from fhir_mappings.offers.proposal_items import as_page, without_quotes
from fhir_mappings.questionnaires.completed_response import filled
from fhir_mappings.questionnaires.item_notes import Beside, Standing, annotated, beside, is_of_person
from fhir_mappings.questionnaires.open_first import folded, open_first, without_answer
from fhir_mappings.wording import Wording
from hooks.report.order_report import lack_on_file
from policies.evaluation.findings_codec import from_plain
from policies.model.findings import Finding

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Case:
    """A determination with its form and its draft, as they are filled in now.

    The form is the published one, but that each proposal is a question of its own: none quotes all of them.
    """

    kept: Kept
    form: Form
    questionnaire: Json
    draft: Json
    findings: Mapping[str, Finding]

    def beside(self, say: Wording) -> dict[str, Beside]:
        """Return what stands beside each question, by linkId."""
        asked = frozenset(one["linkId"] for one in self.kept.report["questions"])
        shown = say.without_gaps if self.gap(say) else say
        return beside(self.form, self.findings, filled(self.draft), asked, shown)

    def gap(self, say: Wording) -> str:
        """Return which part of the chart is not at hand, which the page says once; empty for a whole chart."""
        return say.words(lack_on_file(self.kept.report))

    @property
    def of_persons(self) -> Collection[str]:
        """Return the questions that are known by what a person answered before."""
        return frozenset(name for name, one in self.findings.items() if is_of_person(one))

    def counted(self, say: Wording) -> dict[str, int]:
        """Return how many questions stand how."""
        return dict(Counter(one.standing.value for one in self.beside(say).values()))

    def shown(self, say: Wording) -> Json:
        """Return what the page renders: the form, open questions first, with what stands beside them, and the draft.

        `open` are the questions to answer, `folded` those that fold away, by linkId.
        """
        notes = self.beside(say)
        open_now = self.open_now(notes)
        arranged = open_first(annotated(self.questionnaire, notes, say), open_now)
        return {
            "questionnaire": arranged,
            "response": self.draft,
            "open": open_now,
            "folded": list(folded(arranged, open_now)),
        }

    def open_now(self, notes: Mapping[str, Beside]) -> list[str]:
        """Return the linkIds of the questions to answer: what can still change the ruling, and what is required."""
        asked = {name for name, one in notes.items() if one.standing is Standing.OPEN}
        asked.update(without_answer(self.questionnaire, filled(self.draft)))
        return [name for name in self.form.questions if name in asked]


@dataclass(frozen=True, slots=True)
class Cases:
    """Reads cases; `forms` are ours, by canonical URL with version."""

    archive: Archive
    packaging: Packaging
    forms: Mapping[str, Form]

    def read(self, determination: str, say: Wording) -> Case:
        """Return the case of a determination, as a package for it is answered, in a language; raises FormPageError."""
        kept = self.archive.revision(determination)
        if kept is None:
            raise FormPageError(404, "page.no_link")
        asked = PackageInput((), (), (), (), determination, None, ())
        try:
            package = self._packaging(say).answer(asked, DTR_2_2, kept.tenant)
        except DtrError:
            raise FormPageError(404, "page.no_form") from None
        questionnaire, draft = (_resource(package, kind) for kind in ("Questionnaire", "QuestionnaireResponse"))
        form = self.forms.get(draft.get("questionnaire", ""))
        if form is None:
            raise FormPageError(404, "page.no_form")
        findings = from_plain(kept.findings)
        open_now = frozenset(one["linkId"] for one in kept.report["questions"])
        page = as_page(form, questionnaire, findings, open_now, say)
        return Case(kept, form, page, without_quotes(draft), findings)

    def _packaging(self, say: Wording) -> Packaging:
        return self.packaging if say.language == self.packaging.say.language else self.packaging.speaking(say)

    def patient(self, case: Case, say: Wording) -> str:
        """Return the patient as people name one, with the date of birth, as far as the call says it."""
        kept = self.archive.kept(case.kept.determination, case.kept.number)
        return patient_of(kept if kept is not None else case.kept, say)


def _resource(package: Json, kind: str) -> Json:
    """Return the first resource of a type in a package; empty if there is none."""
    whole = [package] if package["resourceType"] == "Bundle" else [one["resource"] for one in package["parameter"]]
    bundles = (one for one in whole if one["resourceType"] == "Bundle")
    found = (entry["resource"] for bundle in bundles for entry in bundle["entry"])
    return next((dict(one) for one in found if one["resourceType"] == kind), {})
