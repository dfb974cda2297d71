"""`$questionnaire-package`: the forms that a call asks for, each with a draft that is filled in as far as is known.

Source: DTR 2.2.0 and 2.0.1, "Questionnaire Package Operation". A form that is named but not ours is a warning; a
coverage, patient or determination that is not ours is an error (DTR 2.2.0, spec-130, oper-9).
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from cds_service.dtr.dtr_versions import DtrDialect, Hints, at_home, dialect
from cds_service.dtr.errors import DtrError, Fault
from cds_service.dtr.form_ownership import OwnServers
from cds_service.dtr.publication import Supplies
from cds_service.dtr.response_history import History
from cds_service.form_packages.insured_chart import InsuredChart
from cds_service.form_packages.order_determinations import Determined, Insured, Known, determinations_of_orders
from cds_service.form_packages.order_match import check_one_patient, of_context, of_no_form, of_other_rules
from cds_service.form_packages.package import Package, Subject, Wanted, written
from cds_service.form_packages.package_input import PackageInput
from cds_service.storage.archive import Archive, Kept
from fhir_mappings.chart.site_codes import SiteCodes, SiteTable
from fhir_mappings.forms.form import Form, form_of
from fhir_mappings.judgement.judge import Judge, Judgement
from fhir_mappings.questionnaires.adaptive_questionnaire import SUFFIX
from fhir_mappings.questionnaires.carried_answers import Earlier, typed
from fhir_mappings.questionnaires.line_answer import lines_answer
from fhir_mappings.questionnaires.published import Published, Shelf
from fhir_mappings.wording import Wording
from hooks.protocol.payer import Payer
from hooks.report.lines_report import read_lines
from policies.evaluation.findings_codec import from_plain
from policies.model.dates import CallDay
from policies.model.findings import Finding

Json = dict[str, Any]
_NOTHING: Mapping[str, Finding] = {}


@dataclass(frozen=True, slots=True)
class Packaging:
    """Answers calls for packages; without an archive there are no determinations."""

    judge: Judge
    say: Wording
    payer: Payer
    today: Callable[[], CallDay]
    archive: Archive | None
    shelf: Shelf
    supplies: Supplies
    site_codes: SiteTable
    own_servers: OwnServers = None

    def speaking(self, say: Wording) -> "Packaging":
        """Return the same in another language: forms, and what they are filled in with."""
        return replace(self, say=say, shelf=self.shelf.in_language(say.language))

    def answer(self, asked: PackageInput, address: DtrDialect, tenant: str | None) -> Json:
        """Return the output; raises DtrError."""
        context = self._of_context(asked, tenant) if asked.context else None
        asked = asked.of_site(self._site_codes(context, tenant))
        check_one_patient(asked, context)
        insured = InsuredChart.of(asked, context, self.payer, self.today())
        judged = self._judged(asked, insured)
        determined = self._determined(asked, context, judged, tenant)
        kept = context or determined.only(judged)
        package = self._package(asked, kept, judged, determined)
        package.remarks += insured.remarks(asked, kept)
        hints = Hints(asked.canonicals, asked.profiles, kept.crd_version if kept is not None else determined.version)
        spoken = dialect(address, hints)
        base_url, say = self.payer.base_url, self.say
        return written(package, spoken, Subject.of(asked, kept), base_url, self.supplies, say)

    def _site_codes(self, context: Kept | None, tenant: str | None) -> SiteCodes:
        """Return the site codes of who asks; an administrator asks in the name of the client of the determination."""
        whose = tenant if tenant is not None else context.tenant if context is not None else ""
        return self.site_codes.on(whose, self.today())

    def _determined(
        self, asked: PackageInput, context: Kept | None, judged: tuple[Judgement, ...], tenant: str | None
    ) -> Determined:
        """Return the determinations of the orders that are not those of the context."""
        if self.archive is None:
            return Determined()
        of_it = of_context(context, judged) if context is not None else ()
        others = [one for one in judged if one not in of_it]
        insured = Insured.of(asked, context)
        return determinations_of_orders(self.archive, insured, others, tenant, self.own_servers)

    def _of_context(self, asked: PackageInput, tenant: str | None) -> Kept:
        """Return the determination that a call names; raises DtrError."""
        found = self.archive.revision(asked.context) if self.archive is not None else None
        if found is None or (tenant is not None and found.tenant != tenant):
            raise DtrError(Fault.UNKNOWN, "there is no determination of this context")
        return found

    def _judged(self, asked: PackageInput, insured: InsuredChart) -> tuple[Judgement, ...]:
        return tuple(self.judge.judge(asked.orders, insured.chart, self.today(), line=insured.line))

    def _package(
        self, asked: PackageInput, kept: Kept | None, judged: tuple[Judgement, ...], determined: Determined
    ) -> Package:
        """Put forms together: those that are named, else that of the context, and those of orders beside its own."""
        package = Package()
        related = of_context(kept, judged) if kept is not None else ()
        if kept is not None:
            package.remarks += of_other_rules(kept, related)
        if asked.canonicals:
            self._named(asked, Known(kept, determined), package, _references(judged if kept is None else related))
        elif kept is not None:
            self._of_determination(kept, package, related)
        others = [one for one in judged if kept is None or one not in related]
        if others and not asked.canonicals:
            self._of_orders(others, determined, package)
        if asked.changed_since is not None:
            package.wanted = [one for one in package.wanted if _changed(one.published.form, asked.changed_since)]
        return package

    def _named(self, asked: PackageInput, known: Known, package: Package, orders: tuple[str, ...]) -> None:
        """Add the forms that are named, each once, and filled by the determination that is about it.

        Two versions of one form would need orders of their own (DTR 2.2.0, oper-7): the first that is named comes.
        """
        for canonical in asked.canonicals:
            url, bar, version = canonical.partition("|")
            found = self._find(at_home(url.removesuffix(SUFFIX)) + bar + version)
            if found is None:
                package.remarks.append(("warning", "not-found", f"there is no form {canonical} here"))
                continue
            adaptive = url.endswith(SUFFIX)
            wanted = replace(self._wanted(found, orders, known.about(found.form)), is_adaptive=adaptive)
            same = [one.published.form for one in package.wanted if one.id == wanted.id]
            if not same:
                package.wanted.append(wanted)
            elif same[0] != found.form:
                text = f"{canonical} is another version of a form that comes; ask for it by itself"
                package.remarks.append(("warning", "business-rule", text))

    def _find(self, canonical: str) -> Published | None:
        url, _, version = canonical.partition("|")
        versions = self.shelf.versions(url)
        return self.shelf.read(versions[0].form.id, self.today(), version) if versions else None

    def _of_determination(self, kept: Kept, package: Package, judged: tuple[Judgement, ...]) -> None:
        if not kept.policy_version:
            package.remarks.append(("information", "informational", "no form belongs to this determination"))
            return
        found = self.shelf.read(f"{kept.policy}-{kept.request}", kept.today, kept.policy_version)
        if found is None:
            package.remarks.append(("warning", "not-found", self._gone()))
        else:
            package.wanted.append(self._wanted(found, _references(judged), kept))

    def _gone(self) -> str:
        """Say how else to find out what to submit (DTR 2.2.0, oper-8)."""
        contact = self.payer.contact
        asking = f", or ask the plan: {contact.value}" if contact is not None else ""
        return (
            "the form of this determination is no longer on file. Have the order signed again: what is to be "
            f"submitted is reported then{asking}"
        )

    def _wanted(self, found: Published, orders: tuple[str, ...], kept: Kept | None) -> Wanted:
        """Return a form with what the determination knows, if it is about this form."""
        form = found.form
        if kept is None:
            return Wanted(found, _NOTHING, orders)
        if (kept.policy, kept.request) != (form.policy.id, form.request.value):
            return Wanted(found, _NOTHING, orders or (kept.order,))
        lines = lines_answer(form, read_lines(kept.report["lines"]), self.say)
        if kept.policy_version != form.version.isoformat():
            return Wanted(found, from_plain(kept.findings), orders or (kept.order,), lines)
        return Wanted(
            found,
            from_plain(kept.findings),
            orders or (kept.order,),
            lines,
            kept.determination,
            typed(form, self._earlier(kept)),
        )

    def _earlier(self, kept: Kept) -> tuple[Earlier, ...]:
        return History.of(self.archive.responses(kept.determination)).earlier() if self.archive is not None else ()

    def _of_orders(self, judged: Sequence[Judgement], determined: Determined, package: Package) -> None:
        """Add the form of each order: that of the determination that it bears, else that of the policy of today."""
        orders: dict[str, list[str]] = {}
        findings: dict[str, Mapping[str, Finding]] = {}
        for kept, of_it in determined.shared(judged):
            self._of_determination(kept, package, of_it)
        for one in judged:
            if one.order.reference in determined.by_order:
                continue
            if one.policy is None or one.request is None:
                package.remarks.append(of_no_form(one))
            else:
                form = form_of(one.policy, one.request, self.payer.base_url)
                orders.setdefault(form.canonical, []).append(one.order.reference)
                findings.setdefault(form.canonical, one.findings)
        for canonical, references in orders.items():
            found = self._find(canonical)
            if found is not None:
                package.wanted.append(Wanted(found, findings[canonical], tuple(references)))


def _references(judged: Iterable[Judgement]) -> tuple[str, ...]:
    """Return the orders as they can be referred to; one without an id cannot."""
    return tuple(one.order.reference for one in judged if one.order.resource.id)


def _changed(form: Form, since: date) -> bool:
    """Whether a form may have changed since a day: a mended one (a revision) bears no date of its own."""
    return form.version >= since or form.policy.revision > 1
