"""The table of lines as JSON: what `cds-service evaluate` prints and a determination keeps (`docs/evaluate.md`)."""

from collections.abc import Iterator
from typing import Any

from fhir_mappings.facts.prior_regimens import COUNTED
from fhir_mappings.judgement.judge import Judgement
from fhir_mappings.therapy.line import Doubt, Opening
from fhir_mappings.therapy.line_table import LineTable, PossibleRow, Row
from hooks.report.evidence_report import evidence_report
from policies.evaluation.findings_codec import said_from_plain
from policies.model.findings import Evidence, Origin, Range

Json = dict[str, Any]


def line_report(judgement: Judgement) -> Json | None:
    """Report the lines that a chart proves, and what may be further ones; None if the request counts no lines.

    A chart proves no upper bound. `answered` are the numbers that a person gave, by linkId: they outrank the count.
    """
    table = judgement.lines
    if table is None:
        return None
    return {
        "at_least": len(table.rows),
        "at_most": None,
        "answered": dict(_answered(judgement)),
        "certain": [_row(row) for row in table.rows],
        "possible": [_possible(one) for one in table.possible],
    }


def _answered(judgement: Judgement) -> Iterator[tuple[str, int]]:
    for name, finding in judgement.findings.items():
        counted = judgement.policy is not None and judgement.policy.facts[name].kind.name == COUNTED
        if counted and finding.origin is Origin.ANSWER and isinstance(finding.value, Range):
            yield name, finding.value.at_least


def _row(row: Row) -> Json:
    return {
        "number": row.number,
        "start": row.start,
        "last": row.last,
        "drugs": list(row.drugs),
        "may_include": list(row.may_include),
        "setting": row.setting or None,
        "setting_why": row.setting_why,
        "opening": row.opening.value,
        "why": row.why,
        "evidence": list(map(evidence_report, row.evidence)),
    }


def _possible(one: PossibleRow) -> Json:
    return {
        "drug": one.drug,
        "start": one.start or None,
        "doubt": one.doubt.value,
        "why": one.why,
        "evidence": evidence_report(one.evidence),
    }


def read_lines(report: Json | None) -> LineTable | None:
    """Return a table of lines as it was reported and kept; None if none was. The drugs have no ids there."""
    if report is None:
        return None
    return LineTable(tuple(map(_read_row, report["certain"])), tuple(map(_read_possible, report["possible"])))


def _read_row(kept: Json) -> Row:
    return Row(
        number=kept["number"],
        start=kept["start"],
        last=kept["last"],
        ids=(),
        drugs=tuple(kept["drugs"]),
        setting=kept["setting"] or "",
        setting_why=said_from_plain(kept["setting_why"]),
        opening=Opening(kept["opening"]),
        why=said_from_plain(kept["why"]),
        evidence=tuple(map(_read_evidence, kept["evidence"])),
        may_include=tuple(kept["may_include"]),
    )


def _read_possible(kept: Json) -> PossibleRow:
    evidence, why = _read_evidence(kept["evidence"]), said_from_plain(kept["why"])
    return PossibleRow("", kept["drug"], kept["start"] or "", Doubt(kept["doubt"]), why, evidence)


def _read_evidence(kept: Json) -> Evidence:
    return Evidence(kept["reference"], said_from_plain(kept["summary"]), kept["date"])
