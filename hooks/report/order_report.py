"""A decision as JSON for people and programs beside the hook: what `cds-service evaluate` prints, and what is kept.

The vocabulary is fixed by the public contract (`docs/evaluate.md`). Notes stand in it by key and figures: who shows it
to people puts them into words (`Wording.report`).
"""

from collections.abc import Mapping
from typing import Any

from fhir_mappings.judgement.judge import Judgement
from hooks.coverage_decision.determination_table import Decided
from hooks.coverage_decision.explanations import LACKING, Explanation, course_note, date_note, lacking_note
from hooks.report.dose_report import dosing_report
from hooks.report.evidence_report import evidence_report
from hooks.report.lines_report import line_report
from hooks.report.proposal_report import proposal_reports, question_report
from policies.evaluation.findings_codec import is_note, is_series, said_from_plain
from policies.evaluation.ruling import Reason, Ruling
from policies.model.criteria import Leaf
from policies.model.determination import Determination
from policies.model.findings import Finding
from policies.model.notes import Note, Said, Series, together
from policies.model.policy import Policy
from policies.model.truth import Truth

Json = dict[str, Any]


def order_report(decided: Decided) -> Json:
    """Report one order: policy, request, ruling, criteria, questions, conflicts and coverage information."""
    judgement = decided.judgement
    policy, ruling = judgement.policy, judgement.ruling
    note = together(date_note(judgement), course_note(judgement), lacking_note(judgement))
    return {
        "order": judgement.order.reference,
        "outcome": judgement.outcome.value,
        "product": judgement.product.words,
        "as_of": judgement.as_of.day.isoformat(),
        **({"note": note} if note else {}),
        "policy": policy_report(policy) if policy else None,
        "request": judgement.request.value if judgement.request else None,
        "ruling": ruling.truth.value if ruling else None,
        **(_ruling(ruling, judgement.findings) if ruling else {"criteria": [], "questions": [], "conflicts": []}),
        "dosing": dosing_report(judgement.dosing, ruling.truth) if judgement.dosing and ruling else None,
        "lines": line_report(judgement),
        **site_codes_report(judgement),
        **_review(decided),
        "coverage": decided.coverage.state.value,
        "coverage_information": information(decided.determination) if decided.determination else None,
    }


def policy_report(policy: Policy) -> Json:
    """Report by which policy was judged; that it is a draft is said where it is one."""
    named = {"id": policy.id, "version": policy.version.isoformat()}
    return named | {"draft": True} if policy.is_draft else named


def lack_on_file(report: Json) -> Said:
    """Return what a kept report says of the part of the chart that is not at hand; empty for a whole chart.

    A sentence that was kept before notes were cannot be taken apart: it is returned whole.
    """
    note = report.get("note", "")
    if not (is_note(note) or is_series(note)):
        return str(note)
    kept = said_from_plain(note)
    parts = kept.parts if isinstance(kept, Series) else (kept,)
    return next((one for one in parts if isinstance(one, Note) and one.key in LACKING), "")


def site_codes_report(judgement: Judgement) -> Json:
    """Report the site codes by which evidence is read: the record, what its code means, who confirmed it and when."""
    rows = [{"reference": name, "note": one.note} for name, codes in judgement.site_codes.items() for one in codes]
    return {"site_codes": rows} if rows else {}


def _review(decided: Decided) -> Json:
    """Report to the payer's reviewer what the chart says against a course that is authorized."""
    determination, found = decided.determination, decided.judgement.against_course
    if determination is None or determination.authorization is None or not found:
        return {}
    note = Note("note.review", found=found)
    return {"for_review": {"note": note, "evidence": list(map(evidence_report, found))}}


def _ruling(ruling: Ruling, findings: Mapping[str, Finding]) -> Json:
    why = Explanation(ruling)
    return {
        "criteria": [_criterion(reason, why, findings) for reason in ruling.reasons],
        "questions": [question_report(one) for one in ruling.questions],
        "conflicts": [
            {
                "criterion": one.criterion.id,
                "evidence": [item.reference for item in one.evidence],
                "note": one.finding.note,
            }
            for one in ruling.conflicts
        ],
    }


def _criterion(reason: Reason, why: Explanation, findings: Mapping[str, Finding]) -> Json:
    found = findings.get(reason.criterion.fact) if isinstance(reason.criterion, Leaf) else None
    some = found.proposed if found is not None and reason.truth is Truth.UNKNOWN else ()
    return {
        "id": reason.criterion.id,
        "truth": reason.truth.word,
        "says": reason.criterion.says,
        "section": reason.criterion.section,
        "note": why.note(reason),
        "evidence": list(map(evidence_report, reason.evidence)),
        **({"proposed": proposal_reports(some)} if some else {}),
    }


def information(determination: Determination) -> Json:
    """Write a determination in the words of coverage information, free of any version."""
    info_needed = (["detail-code"] if determination.detail_code else []) + (["OTH"] if determination.other_info else [])
    found: Json = {
        "covered": determination.covered.value,
        "pa-needed": determination.pa_needed.value if determination.pa_needed else None,
        "doc-needed": list(determination.doc_needed),
        "doc-purpose": list(determination.doc_purpose),
        "info-needed": info_needed,
        "questionnaire": [determination.questionnaire] if determination.questionnaire else [],
        "billing-code": determination.billing.code if determination.billing else None,
        "reason": determination.reason,
        "dependency": list(determination.dependencies),
    }
    return {name: value for name, value in found.items() if value not in (None, [])}
