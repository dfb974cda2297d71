"""The members that the contexts of several hooks have in common: who is asked about, bundles, references.

Sources: CDS Hooks library 1.0, the context of each hook; CRD 2.0.1 and 2.2.1, supported hooks.
"""

import re

import msgspec

from hooks.protocol.json_fields import Members

_REFERENCE = re.compile(r"[A-Za-z]{1,64}/[A-Za-z0-9\-.]{1,64}")


def patient_of_user(context: Members) -> str:
    """Read the user and the patient of a context, which most hooks have; returns the patient's id."""
    context.text("userId")
    return bare_id(context, "patientId")


def encounter(context: Members, *, required: bool = True) -> str:
    """Return the id of the encounter that a context names; where it can be left out, a reference to it is let pass."""
    return bare_id(context, "encounterId") if required else context.text("encounterId", required=False)


def bare_id(members: Members, name: str) -> str:
    """Return a member that is the id of a resource, without its type; notes the fault, or raises IdError."""
    return members.id(name)


def bundle_entries(context: Members, name: str) -> list[msgspec.Raw]:
    """Return the entries of a bundle in the context; a fault of its shape is noted."""
    bundle = context.inner(name)
    if bundle.raw and bundle.text("resourceType") not in {"", "Bundle"}:
        bundle.fault("resourceType", "is not Bundle")
    return bundle.entries("entry")


def references(context: Members, name: str) -> dict[str, str]:
    """Return the references (Type/id) in a list of the context by their places; what is none is noted."""
    found: dict[str, str] = {}
    for index, raw in enumerate(context.entries(name)):
        member = f"{name}[{index}]"
        try:
            text = msgspec.json.decode(raw, type=str)
        except msgspec.ValidationError:
            text = ""
        check_reference(context, member, text)
        found[context.place(member)] = text
    return found


def check_reference(context: Members, member: str, text: str) -> None:
    """Note a fault if a text is no reference of the form Type/id."""
    if not _REFERENCE.fullmatch(text):
        context.fault(member, "is not a reference of the form Type/id")
