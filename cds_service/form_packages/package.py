"""A package as it is written: output parameters with one bundle a form, and the remarks as an outcome."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from cds_service.dtr.dtr_versions import DtrDialect
from cds_service.dtr.publication import Supplies
from cds_service.form_packages.package_input import PackageInput
from cds_service.storage.archive import Kept
from fhir_mappings.forms.dtr_urls import DTR
from fhir_mappings.offers.offered import static_items
from fhir_mappings.questionnaires.adaptive_questionnaire import SUFFIX, AdaptiveForm
from fhir_mappings.questionnaires.adaptive_response import adaptive_draft
from fhir_mappings.questionnaires.carried_answers import added
from fhir_mappings.questionnaires.draft_response import Head, draft
from fhir_mappings.questionnaires.published import Published
from fhir_mappings.questionnaires.translations import shown_as
from fhir_mappings.r4.instants import written_now
from fhir_mappings.r4.references import local
from fhir_mappings.wording import Wording
from policies.model.findings import Finding

Json = dict[str, Any]
Remark = tuple[str, str, str]
"""Severity, code and text of something that is said beside the forms."""
_OUTPUT = f"{DTR}/dtr-qpackage-output-parameters"
_BUNDLE = f"{DTR}/DTR-QPackageBundle"


@dataclass(frozen=True, slots=True)
class Wanted:
    """A form that is answered with, and the facts and orders that its draft is filled from.

    `determination` is the one whose form it is: an answer to the draft belongs to it. Empty if it is none's. `typed` is
    what a person typed or attached before, by linkId.
    """

    published: Published
    findings: Mapping[str, Finding]
    orders: tuple[str, ...]
    lines: Json | None = None
    determination: str = ""
    typed: Mapping[str, list[Json]] = field(default_factory=dict)
    is_adaptive: bool = False

    @property
    def id(self) -> str:
        """Return the id of the form."""
        return self.published.form.id + (SUFFIX if self.is_adaptive else "")


@dataclass(slots=True)
class Package:
    """What a call is answered with: forms, and remarks."""

    wanted: list[Wanted] = field(default_factory=list)
    remarks: list[Remark] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Subject:
    """Whose the drafts are: the patient and the coverage as the client wrote them."""

    patient: str
    coverage: str

    @classmethod
    def of(cls, asked: PackageInput, kept: Kept | None) -> "Subject":
        """Take the references from the coverage that came with the call, else from the determination.

        A beneficiary that is named by its place in a Bundle (urn:uuid) means nothing outside of it.
        """
        coverage = asked.coverages[0] if asked.coverages else None
        beneficiary = coverage.beneficiary.reference if coverage is not None and coverage.beneficiary else None
        patient = beneficiary or ""
        if kept is not None and local(patient) is None:
            patient = f"Patient/{kept.patient}"
        reference = coverage.reference if coverage is not None and coverage.id else (kept.coverage if kept else "")
        return cls(patient, reference)


def written(
    package: Package, spoken: DtrDialect, subject: Subject, base_url: str, supplies: Supplies, say: Wording
) -> Json:
    """Write the output of a call: parameters, or where a version has it the one bundle that there is."""
    now = written_now()
    bundles = [
        _bundle(_filled(one, subject, spoken, now, base_url, say), f"{base_url}{spoken.base}", now, supplies)
        for one in package.wanted
    ]
    if spoken.bare and len(bundles) == 1 and not package.remarks:
        return bundles[0]
    parameters = [{"name": spoken.package, "resource": one} for one in bundles]
    remarks = package.remarks
    if not parameters and not remarks:
        remarks = [("information", "informational", "nothing has changed since then")]
    if remarks:
        parameters.append({"name": spoken.outcome, "resource": _outcome(remarks)})
    return {
        "resourceType": "Parameters",
        "meta": {"profile": [_OUTPUT]},
        "parameter": parameters,
    }


def _filled(
    wanted: Wanted, subject: Subject, spoken: DtrDialect, now: str, base_url: str, say: Wording
) -> tuple[Json, Json]:
    """Return a form and its draft, as a version of DTR has them."""
    form, base = wanted.published.form, f"{base_url}{spoken.base}"
    published = wanted.published.in_version(older=spoken.adaptive.older)
    identifier = (f"{base}/determination", wanted.determination) if wanted.determination else None
    head = Head(subject.patient, subject.coverage, wanted.orders, now, ("withpa",), identifier)
    questionnaire = published.resource
    shown = static_items(form, wanted.findings, say)
    response = draft(form, wanted.findings, head, spoken.shape, wanted.lines, shown)
    response["item"] = added(wanted.published.form, response["item"], wanted.typed)
    response = shown_as(response, questionnaire)
    if wanted.is_adaptive:
        adaptive = AdaptiveForm(published, spoken.adaptive, base)
        questionnaire, response = adaptive.search_form(), adaptive_draft(adaptive, response, wanted.findings, say)
    return questionnaire, response | {"id": f"draft-{questionnaire['id']}"}


def _bundle(filled: tuple[Json, Json], base: str, now: str, supplies: Supplies) -> Json:
    """Put a form first, its draft after it, and then what the form needs; each under its address of ours."""
    resources = (*filled, *supplies.of(filled[0]))
    return {
        "resourceType": "Bundle",
        "meta": {"profile": [_BUNDLE]},
        "type": "collection",
        "timestamp": now,
        "entry": [{"fullUrl": f"{base}/{one['resourceType']}/{one['id']}", "resource": one} for one in resources],
    }


def _outcome(remarks: Iterable[Remark]) -> Json:
    return {"resourceType": "OperationOutcome", "issue": list(_issues(remarks))}


def _issues(remarks: Iterable[Remark]) -> Iterator[Json]:
    for severity, code, text in remarks:
        yield {"severity": severity, "code": code, "details": {"text": text}}
