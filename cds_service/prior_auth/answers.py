"""From what is decided to the answer that is sent and kept: one Bundle for every way in which a request is answered."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from cds_service.prior_auth.requests import reference_number
from cds_service.requests_on_file.kept_requests import KeptAnswer, Request
from fhir_mappings.prior_auth.bundles import PasBundle, read_bundle
from fhir_mappings.prior_auth.claim import PasClaim, read_claim
from fhir_mappings.prior_auth.claim_response import Answer, Asking, Problem, inquiry_bundle, response_bundle
from fhir_mappings.prior_auth.item_answer import ItemAnswer
from fhir_mappings.prior_auth.json_values import encoded
from fhir_mappings.prior_auth.pas_urls import Reject

Json = dict[str, Any]
ATTACHED = "attached"
"""The act by which something came for a request, and nothing was decided."""
_DEPTH = 200
"""What is on file was read within its limits once."""


@dataclass(frozen=True, slots=True)
class Decision:
    """What is answered: of each item, or what is wrong; by which act, and by whom (nobody: the machine).

    `reviewed` tells that a person had a hand in what stands, though not in this step.
    """

    act: str
    items: tuple[ItemAnswer, ...] = ()
    problems: tuple[Problem, ...] = ()
    person: str = ""
    asking: tuple[Asking, ...] = ()
    said: Json | None = None
    reviewed: bool = False


@dataclass(frozen=True, slots=True)
class Writing:
    """Writes answers; `base_url` is that of our base of PAS."""

    base_url: str

    def kept(
        self, request: Request, read: tuple[PasBundle, PasClaim], decision: Decision, number: int, at: datetime
    ) -> KeptAnswer:
        """Return the answer to a request as it is sent and kept; `number` counts the answers to this request."""
        answer = Answer(
            id=request.id,
            at=at,
            items=decision.items,
            problems=decision.problems,
            reviewed=bool(decision.person) or decision.reviewed,
            reference_number=reference_number(request.first),
            asking=decision.asking,
        )
        return KeptAnswer(
            number=number,
            at=at,
            act=decision.act,
            person=decision.person,
            codes=tuple(one.review.code for one in decision.items),
            items=tuple(one.plain for one in decision.items),
            said=_said(decision),
            reply=encoded(response_bundle(*read, answer, self.base_url)),
        )

    def inquired(self, request: Request, kept: KeptAnswer) -> Json:
        """Return an answer on file as an inquiry gets it."""
        answer = Answer(
            id=request.id,
            at=kept.at,
            items=items_of(kept),
            problems=tuple(Problem(Reject(one["code"]), one["place"], one["text"]) for one in kept.said["problems"]),
            reviewed=is_reviewed(kept),
            reference_number=reference_number(request.first),
            asking=asking_of(kept),
        )
        return inquiry_bundle(*read_again(request), answer, self.base_url)


def _said(decision: Decision) -> Json:
    """Return what is kept of a decision beside its items: what was said of it, what is wrong, what is asked for."""
    problems = [
        {"code": one.code.value, "place": one.place, "text": one.text, "key": one.key} for one in decision.problems
    ]
    asking = [{"url": one.url, "resource": one.resource} for one in decision.asking]
    reviewed = {"reviewed": True} if decision.reviewed else {}
    return (decision.said or {}) | {"problems": problems, "asking": asking} | reviewed


def asking_of(kept: KeptAnswer) -> tuple[Asking, ...]:
    """Return what an answer on file asks for."""
    return tuple(Asking(one["url"], one["resource"]) for one in kept.said["asking"])


def is_reviewed(kept: KeptAnswer) -> bool:
    """Whether a person had a hand in an answer on file."""
    return bool(kept.person) or bool(kept.said.get("reviewed"))


def items_of(kept: KeptAnswer) -> tuple[ItemAnswer, ...]:
    """Return what an answer on file decided of each item."""
    return tuple(ItemAnswer.of(one) for one in kept.items)


def read_again(request: Request) -> tuple[PasBundle, PasClaim]:
    """Read the Bundle of a request on file."""
    bundle = read_bundle(request.bundle, _DEPTH)
    return bundle, read_claim(bundle)
