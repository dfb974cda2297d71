"""What HL7's validator calls an error and what is none of ours, each with its reason; any other fails the tests."""

import re
from collections.abc import Collection
from dataclasses import dataclass

_CI = "http://hl7.org/fhir/us/davinci-crd/StructureDefinition/ext-coverage-information"
_CORE = "http://hl7.org/fhir/StructureDefinition"
_SDC = "http://hl7.org/fhir/uv/sdc/StructureDefinition"


@dataclass(frozen=True, slots=True)
class Known:
    """An error by its key and a part of its words (a pattern), and why it is none.

    One that names a package is an error again as soon as that guide is at hand; one that names a test is known of what
    that test causes alone.
    """

    key: str
    words: str
    reason: str
    package: str = ""
    test: str = ""


def _extensions(base: str, names: str, reason: str, package: str) -> Known:
    """Return that these extensions of a guide cannot be looked up."""
    listed = "|".join(re.escape(f"{base}/{name}") for name in names.split())
    return Known("", rf"The extension (?:{listed}) could not be found", reason, package)


GUIDE_DEFECTS = (
    Known(f"{_CI}#crd-ci-q2", "", "CRD 2.0.1: the rule is the wrong way round, and any not-covered fails it"),
    Known(f"{_CI}#crd-ci-q4", "", "CRD 2.2: the rule is empty for auth-needed with withpa, which it means to allow"),
    Known(
        "",
        rf"{re.escape(_CI)} is not allowed .*\(this element is \[(?:Appointment|VisionPrescription)",
        "CRD 2.0.1 asks for coverage information on these, and the context of its extension leaves them out",
    ),
    Known(
        "", r"expression-language#application/elm\+json", "DTR asks for ELM by this language; the code system lacks it"
    ),
    Known(
        "",
        r"davinci-pas/StructureDefinition/extension-"
        r"(?:communicatedDiagnosis|productOrServiceCodeEnd|revenueUnitRateLimit"
        r"|serviceItemRequestType|certificationType) is not allowed .*this element is \[.*ClaimResponse",
        "PAS 2.2.1 makes these must-support where the contexts of the extensions leave them out (the kit knows it too)",
    ),
    Known("", r"\bbdl-[34]\b", "a Bundle inside Parameters is read as one of a history or of a batch"),
)
"""Rules of the guides that refuse what the guides ask for."""
NOT_AT_HAND = (
    Known("Terminology_TX_System_Unknown", "http://hl7.org/fhir/version-algorithm", "a code system younger than R4"),
    Known("", r"https://codesystem\.x12\.org/", "the codes of X12 are licensed, and in no package"),
    Known("", r"sid/icd-10-cm|X12278DiagnosisCodes", "ICD-10-CM is in no package"),
    Known("", r"Place_of_Service_Code_Set|X12278LocationType", "the places of service of CMS are in no package"),
    Known("", "5.0/StructureDefinition/extension-Claim.encounter", "a slice by an extension of R5"),
    Known(
        "",
        "Slicing cannot be evaluated: .*/backport-",
        "of the backport",
        "hl7.fhir.uv.subscriptions-backport.r4",
    ),
    Known("", r"RevenueCodes", "the revenue codes of NUBC are licensed, and in no package"),
    Known("", "HCPCSReleaseCodeSets", "HCPCS is in no package, so that what is built on it cannot be listed"),
    Known("", r"http://loinc\.org/vs/valid-hl7-attachment-requests", "LOINC is in no package"),
    Known("", r"X12278DiagnosisInformationType", "a class of LOINC: LOINC is in no package"),
    Known("", r"CodeSystem .*(?:unknown|could not be found).*http://loinc\.org", "LOINC is in no package"),
    Known("", r"http://hl7\.org/fhir/StructureDefinition/Coverage\|4\.0\.1", "R4 itself is held without its version"),
    Known("Reference_REF_BadTargetType", r"expected one of \(\[\]\)", "R4 itself is held without its version"),
    _extensions(_CORE, "artifact-versionAlgorithm", "an extension of R5", "hl7.fhir.uv.extensions.r4"),
    _extensions(
        "http://hl7.org/fhir/uv/subscriptions-backport/StructureDefinition",
        "backport-payload-content backport-filter-criteria capabilitystatement-subscriptiontopic-canonical",
        "an extension of the subscriptions backport",
        "hl7.fhir.uv.subscriptions-backport.r4",
    ),
    _extensions(
        _SDC,
        "sdc-questionnaire-initialExpression sdc-questionnaire-launchContext sdc-questionnaire-questionnaireAdaptive "
        "sdc-questionnaire-enableWhenExpression sdc-questionnaire-itemPopulationContext",
        "an extension of SDC",
        "hl7.fhir.uv.sdc",
    ),
    Known(
        "", rf"Slicing cannot be evaluated: .*{re.escape(_SDC)}/", "a slice by an extension of SDC", "hl7.fhir.uv.sdc"
    ),
    Known("", "Unknown Code System 'http://hl7.org/fhir/uv/sdc/CodeSystem/launchContext'", "of SDC", "hl7.fhir.uv.sdc"),
    Known("", rf"The extension {re.escape(_CI)} could not be found", "of CRD", "hl7.fhir.us.davinci-crd"),
    _extensions(
        "http://hl7.org/fhir/us/davinci-dtr/StructureDefinition",
        "information-origin intendedUse qr-context qr-coverage alternativeExpression",
        "an extension of DTR",
        "hl7.fhir.us.davinci-dtr",
    ),
)
"""What the validator cannot judge, since its words are in no package that is at hand."""


BROKEN_ON_PURPOSE = (
    Known(
        "",
        "String index out of range",
        "an order whose id is an address is referred to by it, as it came; the validator itself fails on that",
        test="test_service_fuzzed.py",
    ),
    Known(
        "",
        r"\bbdl-5\b",
        "a test makes nonsense of the type of a resource in a request, which comes back as it came",
        test="test_negative_privacy_requests.py",
    ),
    Known(
        "",
        r"value cannot be empty|\bele-1\b",
        "a test empties a member of a response, which comes back as it came",
        test="test_dtr_broken.py",
    ),
    Known(
        "",
        "extension:coverage-assertion-id': a matching slice is required",
        "tests take the store away: an answer that could not be kept bears no id, which nobody could ask for. That any "
        "other bears one is held by tests/certification",
    ),
    Known(
        "",
        r"must be a simple value, not an Array \(system at QuestionnaireResponse\.extension",
        "a test sends an extension that is broken so, and an extension comes back as it came",
    ),
)
"""What tests break on purpose."""


def is_known(key: str, message: str, held: Collection[str], place: str = "") -> bool:
    """Whether an error is in one of the lists.

    `held` are the packages of its edition that are at hand, `place` says where it was sent, and in which test.
    """
    every = (*GUIDE_DEFECTS, *NOT_AT_HAND, *BROKEN_ON_PURPOSE)
    return any(_is(one, key, message) and one.test in place for one in every if one.package not in held)


def _is(one: Known, key: str, message: str) -> bool:
    return one.key in ("", key) and re.search(one.words, message) is not None
