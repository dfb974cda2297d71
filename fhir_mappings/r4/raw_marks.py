"""What turns a record round, found in its JSON text: unknown modifiers and the negations of older FHIR versions.

Reading 21. The whole text of a record is looked through, with its components, contained resources and nested elements:
whoever does not know a modifier must not use what it modifies (FHIR R4, extensibility, "modifierExtension").
"""

import re

import msgspec

from fhir_mappings.clinical.doubts import Doubt

_ESCAPED = b"\\u"
_MODIFIER = re.compile(rb'"(?:modifierExtension"\s*+:\s*+(?!\[\s*+\]|null)|implicitRules"\s*+:\s*+(?!""|null))')
_NEGATION = re.compile(
    rb'"(?:(?:was)?[nN]ot(?:Taken|Given|Done|Performed|Administered|Dispensed)|isNotPerformed|negationInd|prohibited)"'
    rb"\s*+:\s*+(?!false\b|null)|"
    rb'"taken"\s*+:\s*+(?!"y"|null)|"adherence"\s*+:|'
    rb'"reason(?:Not(?:Taken|Given|Done|Performed|Administered)|Refused)\w*+"\s*+:|'
    rb'"not(?:Done|Given|Taken|Performed)Reason\w*+"\s*+:|'
    rb'"url"\s*+:\s*+"[^"]*(?:[nN]ot-?_?(?:[dD]one|[gG]iven|[tT]aken|[pP]erformed)|[nN]egat(?:ed|ion))[^"]*"|'
    rb'\{(?![^{}]*"value\w+"\s*+:\s*+(?:"y"|true))[^{}]*"url"\s*+:\s*+"[^"]*[./-](?:taken|adherence)"'
)
"""Members and extensions of DSTU2, STU3, R5, QI-Core and CDA that say that something did not happen."""
_PERSON = re.compile(
    rb'"url"\s*+:\s*+"[^"]*(?:focusCode|focus-?[cC]ode|[rR]elated-?[pP]erson|[fF]amily-?[mM]ember|[dD]onor|[fF]etus)[^"]*"'
)
TURNING = re.compile(
    r"not-?_?(?:done|given|taken|performed)|negat(?:ed|ion)|[./-](?:taken|adherence)$|"
    r"focus-?code|related-?person|family-?member|donor|fetus"
)
"""The addresses, in lower case, of the extensions above: what population logic leaves open, whatever they say."""
_TEST_DATA = re.compile(rb'"code"\s*+:\s*+"HTEST"')
"""The security label, or tag, of test health data (HL7 v3 ActReason): no record of care."""
_HINTS = (
    b"modifierExtension", b"implicitRules", b"otTaken", b"otGiven", b"otDone", b"otPerformed", b"otAdministered",
    b"otDispensed", b"negationInd", b"prohibited", b'"taken"', b'"adherence"', b"reasonRefused", b'"url"',
    b'"HTEST"',
)  # fmt: skip
"""Of these one stands in every text that a pattern above finds anything in: most records hold none."""
_NOTHING: frozenset[Doubt] = frozenset()


def marks_of(raw: msgspec.Raw | bytes) -> frozenset[Doubt]:
    """Return what is wrong with a record by its JSON text; a name of a member may be written with escapes."""
    text = bytes(raw)
    if _ESCAPED in text:
        text = msgspec.json.encode(msgspec.json.decode(text))
    return _found(text) if any(map(text.__contains__, _HINTS)) else _NOTHING


def _found(text: bytes) -> frozenset[Doubt]:
    found = {Doubt.MODIFIED} if _MODIFIER.search(text) else set()
    if _NEGATION.search(text):
        found.add(Doubt.NEGATED)
    if _PERSON.search(text):
        found.add(Doubt.PERSON)
    if _TEST_DATA.search(text):
        found.add(Doubt.TEST_DATA)
    return frozenset(found)
