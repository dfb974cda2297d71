"""The codes by which an order may be billed, as a client offers them beside its own code.

Source: CRD 2.2.1, extension ext-billing-options, which stands on the code of the order, once for each option.
"""

import msgspec

from fhir_mappings.r4.elements import CodeableConcept, extensions

URL = "http://hl7.org/fhir/us/davinci-crd/StructureDefinition/ext-billing-options"
_URL = URL.encode()


def with_billing_options(concept: CodeableConcept) -> CodeableConcept:
    """Return a concept with the codings of its billing options behind its own; their texts name nothing."""
    if _URL not in bytes(concept.extension):
        return concept
    offered = (one.value_codeable_concept for one in extensions(concept.extension, URL))
    codings = [coding for one in offered if one is not None for coding in one.coding]
    return msgspec.structs.replace(concept, coding=(*concept.coding, *codings))
