"""FHIR out: what our base of PAS can do, as its CapabilityStatement says it.

Source: PAS 2.2.1, CapabilityStatement IntermediaryCapabilities; a payer that takes FHIR itself does what it asks for.
"""

from typing import Any

from fhir_mappings.publication.capability_statement import BaseFacts, security, stated

_GUIDE = "http://hl7.org/fhir/us/davinci-pas"
_INTERMEDIARY = f"{_GUIDE}/CapabilityStatement/IntermediaryCapabilities"
_VERSION = "2.2.1"

Json = dict[str, Any]


def pas_capabilities(base: BaseFacts) -> Json:
    """State what can be done at the base of PAS; raises ValidationError (pydantic) if ill-formed."""
    title = f"Prior authorization of {base.payer}, PAS {_VERSION}"
    rest = {"mode": "server", "security": security(base), "resource": [_CLAIM, _SUBSCRIPTION], "operation": [_ATTACH]}
    return stated(base, "PriorAuthorization", title, f"{_INTERMEDIARY}|{_VERSION}", rest)


_CLAIM = {
    "type": "Claim",
    "operation": [
        {"name": "submit", "definition": f"{_GUIDE}/OperationDefinition/Claim-submit"},
        {"name": "inquire", "definition": f"{_GUIDE}/OperationDefinition/Claim-inquiry"},
    ],
}

_ATTACH = {
    "name": "submit-attachment",
    "definition": "http://hl7.org/fhir/us/davinci-cdex/OperationDefinition/submit-attachment",
}

_SUBSCRIPTION = {
    "extension": [
        {
            "url": "http://hl7.org/fhir/uv/subscriptions-backport/StructureDefinition/"
            "capabilitystatement-subscriptiontopic-canonical",
            "valueCanonical": f"{_GUIDE}/SubscriptionTopic/PASSubscriptionTopic",
        }
    ],
    "type": "Subscription",
    "supportedProfile": [f"{_GUIDE}/StructureDefinition/profile-subscription"],
    "interaction": [{"code": code} for code in ("create", "read", "update", "delete")],
}
