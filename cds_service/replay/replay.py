"""Replaying a determination: the same facts must give the same ruling; the same chart may give other facts by now."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from cds_service.replay.stored_call_reader import reread
from cds_service.storage.archive import Archive, Kept
from hooks.protocol.errors import CallError
from hooks.report.order_report import order_report
from hooks.response.service import Answering
from policies.catalogue import Catalogue
from policies.evaluation.findings_codec import from_plain
from policies.evaluation.ruling import Ruling, evaluate
from policies.kinds.treatment import OWN_AUTHORIZATION
from policies.model.criteria import RequestKind
from policies.model.findings import Finding, Origin
from policies.model.policy import Policy

Json = dict[str, Any]


class ReplayError(Exception):
    """A determination that cannot be replayed; the message says why."""


@dataclass(frozen=True, slots=True)
class Replay:
    """What a replay gave: whether the facts give the same ruling, and what the chart gives otherwise today."""

    kept: Kept
    ruling: str
    same: bool
    differences: tuple[str, ...]


def replay(archive: Archive | None, service: Answering, name: str, number: int | None = None) -> Replay:
    """Replay a revision, by default the newest; raises ReplayError if there is none, or nothing was judged.

    Without an archive there is no determination.
    """
    kept = archive.kept(name, number) if archive is not None else None
    if kept is None:
        raise ReplayError(f"there is no determination {name}" + (f" with a revision {number}" if number else ""))
    if not kept.policy_version:
        raise ReplayError(f"no policy judged {name}: there is no ruling to work out again")
    policy = _policy(service.judge.catalogue, kept)
    findings = from_plain(kept.findings)
    judging = policy.chosen_by(findings)
    ruling = evaluate(judging.requests[RequestKind(kept.request)], judging.facts, findings)
    return Replay(kept, ruling.truth.value, _is_same(ruling, kept.report), tuple(_otherwise(service, kept, policy)))


def _policy(catalogue: Catalogue, kept: Kept) -> Policy:
    version = date.fromisoformat(kept.policy_version)
    found = catalogue.as_judged(kept.policy, version, kept.policy_revision)
    if found is None:
        raise ReplayError(f"the policy {kept.policy} of {kept.policy_version} is no longer on file")
    return found


def _is_same(ruling: Ruling, report: Json) -> bool:
    """Whether a ruling has the truth, and each criterion its truth and its evidence, as reported."""
    judged = [(one["id"], one["truth"], [item["reference"] for item in one["evidence"]]) for one in report["criteria"]]
    now = [
        (reason.criterion.id, reason.truth.value, [item.reference for item in reason.evidence])
        for reason in ruling.reasons
    ]
    asked = [question.fact.name for question in ruling.questions]
    return (ruling.truth.value, now, asked) == (
        report["ruling"],
        judged,
        [one["linkId"] for one in report["questions"]],
    )


def _stands(policy: Policy, name: str, finding: Finding) -> bool:
    """Whether a finding is no reading of the chart: a person's answer, or the payer's own record."""
    fact = policy.facts.get(name)
    return finding.origin is Origin.ANSWER or (fact is not None and fact.kind is OWN_AUTHORIZATION)


def _otherwise(service: Answering, kept: Kept, policy: Policy) -> list[str]:
    """Read the chart of the call again, as of the day on which it came, and tell which criteria differ.

    What a person had answered by then stands, and what the payer's own record held: neither is a reading of the chart
    that could have changed.
    """
    answers = {name: one for name, one in from_plain(kept.findings).items() if _stands(policy, name, one)}
    try:
        now = reread(service, kept.call, kept.tenant, kept.today).decided(kept, answers)
    except CallError as error:
        return [f"the call cannot be read any more: {error}"]
    if now is None:
        return [f"the call no longer holds {kept.order}"]
    before = {one["id"]: one["truth"] for one in kept.report["criteria"]}
    after = {one["id"]: one["truth"] for one in order_report(now)["criteria"]}
    return [
        f"{name}: was {before.get(name, 'not there')}, is {after.get(name, 'not there')}"
        for name in dict.fromkeys((*before, *after))
        if before.get(name) != after.get(name)
    ]
