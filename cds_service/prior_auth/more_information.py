"""What the payer sends to ask for more: a CommunicationRequest that leads to the form, by its DTR context.

Source: PAS 2.2.1, PASCommunicationRequest; "Requests for additional information" (ainfo-1 to ainfo-3): LOINC 102089-0
stands for the Questionnaire, and its identifier is the context by which the form is had.
"""

from uuid import uuid4

from cds_service.prior_auth.answers import read_again
from cds_service.requests_on_file.kept_requests import Request
from fhir_mappings.prior_auth.claim_response import Asking
from fhir_mappings.prior_auth.pas_urls import extension, profile

_FORM = "102089-0"


def asked_for_more(request: Request, sequence: int, base_url: str) -> tuple[Asking, ...]:
    """Return what asks for more about an item; nothing where no form of ours belongs to it."""
    determination = request.about.get(str(sequence), {}).get("determination", "")
    if not determination:
        return ()
    _, claim = read_again(request)
    name = str(uuid4())
    insurer = {"requester": {"reference": claim.insurer.url}} if claim.insurer is not None else {}
    resource = {
        "resourceType": "CommunicationRequest",
        "id": name,
        "meta": {"profile": [profile("communicationrequest")]},
        "extension": [extension("serviceLineNumber", valuePositiveInt=sequence)],
        "identifier": [{"system": f"{base_url}/dtr-context", "value": determination}],
        "status": "active",
        "payload": [{"contentString": _FORM}],
        **insurer,
    }
    return (Asking(f"{base_url}/CommunicationRequest/{name}", resource),)
