"""An inquiry about requests on file: whom and which it is about; and the answer, a Bundle for each match.

Source: PAS 2.2.1, PASClaimInquiry; specification, "Inquiring" (spec-44 to spec-53).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from fhir_mappings.prior_auth.bundles import PasBundle
from fhir_mappings.prior_auth.claim import PasClaim
from fhir_mappings.prior_auth.json_values import extensions, text

Json = dict[str, Any]
_NUMBERS = ("authorizationNumber", "administrationReferenceNumber")


@dataclass(frozen=True, slots=True)
class Inquiry:
    """An inquiry as it was read; `numbers` are those of the payer that it names: authorizations, references."""

    bundle: PasBundle
    claim: PasClaim
    numbers: frozenset[str]


def inquiry_of(bundle: PasBundle, claim: PasClaim) -> Inquiry:
    """Return what an inquiry asks for."""
    parts = (claim.resource, *(one.raw for one in claim.items))
    found = (one.get("valueString") for part in parts for name in _NUMBERS for one in extensions(part, name))
    return Inquiry(bundle, claim, frozenset(text(one) for one in found if text(one)))


def inquiry_answer(bundles: Iterable[Json]) -> Json:
    """Return the answer to an inquiry; without a match it holds nothing."""
    found = [{"name": "return", "resource": one} for one in bundles]
    return {"resourceType": "Parameters", **({"parameter": found} if found else {})}
