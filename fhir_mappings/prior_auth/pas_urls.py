"""The names of Da Vinci PAS 2.2.1: profiles, extensions, and the code systems of X12 that its profiles bind.

Source: package hl7.fhir.us.davinci-pas 2.2.1.
"""

from enum import Enum
from typing import Any

Json = dict[str, Any]
VERSION = "2.2.1"
PAS = "http://hl7.org/fhir/us/davinci-pas"
DEFINITION = f"{PAS}/StructureDefinition"
TEMP = f"{PAS}/CodeSystem/PASTempCodes"
TOPIC = f"{PAS}/SubscriptionTopic/PASSubscriptionTopic"
X12 = "https://codesystem.x12.org/005010"
REVIEW_CODES = f"{X12}/306"
REJECT_REASONS = f"{X12}/901"
CERTIFICATION_TYPES = f"{X12}/1322"
LEVELS_OF_SERVICE = f"{X12}/1338"
FOLLOW_UPS = f"{X12}/889"
UNITS = f"{X12}/673"
REVIEW_REASONS = "https://codesystem.x12.org/external/886"
CANCELLED_TYPE = "3"
NO_CODE = "not-applicable"
"""The code by which an item says that no code of a product or service is meant (spec-43)."""
NPI = "http://hl7.org/fhir/sid/us-npi"
LOINC = "http://loinc.org"


class Review(Enum):
    """The action on an item (X12 code list 306), with the words of the list."""

    CERTIFIED = ("A1", "Certified in total")
    PARTIAL = ("A2", "Certified - partial")
    NOT_CERTIFIED = ("A3", "Not Certified")
    PENDED = ("A4", "Pending")
    MODIFIED = ("A6", "Modified")
    CANCELLED = ("C", "Cancelled")

    @property
    def code(self) -> str:
        """Return the code."""
        return self.value[0]

    @property
    def is_final(self) -> bool:
        """Whether nothing more is to be decided."""
        return self is not Review.PENDED

    @classmethod
    def of(cls, code: str) -> "Review":
        """Return the action of a code; raises ValueError for another."""
        found = next((one for one in cls if one.code == code), None)
        if found is None:
            raise ValueError(f"{code} is no action of a review")
        return found


class Reject(Enum):
    """Why a request cannot be dealt with as it stands (X12 code list 901)."""

    INPUT = "33"
    NOT_OURS = "79"
    PATIENT = "64"
    NOT_FOUND = "AA"


def follow_up(code: Reject) -> Json:
    """Return what can be done about a request that cannot be dealt with (X12 code list 889)."""
    action = ("N", "Resubmission Not Allowed") if code is Reject.NOT_OURS else ("C", "Please Correct and Resubmit")
    return {"coding": [{"system": FOLLOW_UPS, "code": action[0], "display": action[1]}]}


def extension(name: str, **value: Any) -> Json:
    """Return an extension of PAS by the last part of its name."""
    return {"url": f"{DEFINITION}/extension-{name}", **value}


def profile(name: str) -> str:
    """Return the address of a profile of PAS."""
    return f"{DEFINITION}/profile-{name}"
