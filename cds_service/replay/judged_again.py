"""How the order of a kept determination is judged by the chart as it came, with what a person answered since."""

from collections.abc import Mapping
from typing import Any

from cds_service.replay.stored_call_reader import reread
from cds_service.storage.archive import Kept
from fhir_mappings.judgement.judge import Judgement
from hooks.protocol.errors import CallError
from hooks.response.service import Answering
from policies.evaluation.findings_codec import from_plain
from policies.model.findings import Origin
from policies.model.policy import Policy


def unsettled(about: Mapping[str, Any], kept: Kept | None, policy: Policy | None) -> str:
    """Return why nothing is decided for good by what an item was judged by, as the key of a note; empty if it can be.

    `about` is what is on file of the item, `kept` its determination, if that is there.
    A draft judged, which is in force nowhere: the policy was one then, or is one now. Or it is purged since: a number
    that was given for it no order would find.
    """
    if about.get("determination") and kept is None:
        return "review.lost"
    was_draft = kept is not None and bool((kept.report["policy"] or {}).get("draft"))
    return "review.by_draft" if was_draft or (policy is not None and policy.is_draft) else ""


def judged_again(answering: Answering, kept: Kept) -> Judgement | None:
    """Return how an order is judged by what is kept; None where its call is lost, or its policy judges it no more."""
    if not kept.call or not kept.policy_version:
        return None
    answers = {name: one for name, one in from_plain(kept.findings).items() if one.origin is Origin.ANSWER}
    try:
        decided = reread(answering, kept.call, kept.tenant, kept.today).decided(kept, answers)
    except CallError:
        return None
    found = decided.judgement if decided is not None else None
    return found if found is not None and found.policy is not None and found.policy.id == kept.policy else None
