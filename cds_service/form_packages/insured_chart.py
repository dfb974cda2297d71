"""What a call for forms brings of a patient, and whether the coverage that it names is one of ours."""

from collections.abc import Iterator
from dataclasses import dataclass

from cds_service.dtr.errors import DtrError, Fault
from cds_service.form_packages.package import Remark
from cds_service.form_packages.package_input import PackageInput
from cds_service.storage.archive import Kept
from fhir_mappings.chart.assembly import build
from fhir_mappings.chart.chart import Chart, Located
from fhir_mappings.chart.kept_records import wanted
from fhir_mappings.chart.resource_decoder import decode
from fhir_mappings.coverage.coverages import CoverageState, own_coverage
from fhir_mappings.r4.references import PatientIdentity, named
from hooks.protocol.payer import Payer
from policies.model.dates import CallDay


@dataclass(frozen=True, slots=True)
class InsuredChart:
    """The chart of a call, and what is known of its coverage on the day of the call; with its line of business."""

    chart: Chart
    state: CoverageState
    line: str = ""

    @classmethod
    def of(cls, asked: PackageInput, kept: Kept | None, payer: Payer, today: CallDay) -> "InsuredChart":
        """Put what a call brings together, and check that its coverage is ours; raises DtrError.

        Clients seldom send the payor of a Coverage along: one that nobody saw may be ours.
        """
        if not asked.coverages:
            if kept is None:
                raise DtrError(Fault.REQUIRED, "a coverage is needed")
            return cls(_built(asked, kept.patient), CoverageState.NONE)
        whose = named(asked.coverages[0].beneficiary)
        chart = _built(asked, whose[1] if whose else "")
        own = own_coverage(chart, payer.identifiers, today, payer.members)
        found = cls(chart, own.state, payer.line_of(own))
        if not _is_on_file(asked, kept) and found.state in (CoverageState.NONE, CoverageState.FOREIGN):
            raise DtrError(Fault.UNKNOWN, "the coverage is none of this payer")
        return found

    def remarks(self, asked: PackageInput, kept: Kept | None) -> Iterator[Remark]:
        """Remark on a coverage of which nobody can tell here whether it is ours."""
        if self.chart.coverages and not _is_on_file(asked, kept) and self.state is CoverageState.UNSEEN:
            text = "the payor of the coverage did not come along: whether it is of this payer was not checked"
            yield "information", "informational", text


def _built(asked: PackageInput, patient: str) -> Chart:
    sent = (("referenced", one) for one in asked.referenced)
    referenced = decode(sent, wanted(frozenset()).of_site(asked.site_codes)).located
    located = (*map(Located, asked.coverages), *referenced, *(Located(one.resource) for one in asked.orders))
    return build(located, PatientIdentity(patient), wanted(frozenset()))


def _is_on_file(asked: PackageInput, kept: Kept | None) -> bool:
    """Whether a coverage is that of a determination: it was found to be ours then."""
    return kept is not None and any(one.reference == kept.coverage for one in asked.coverages)
