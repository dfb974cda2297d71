"""What a request asks for beside product, amount and days, as the answer carries it on: who gives it, a stay, codes.

Source: PAS 2.2.1, PASClaim and PASClaimResponse: what is authorized is said with the providers, the days in a hospital
and the codes of the request, unless it is changed; what an answer has must-support (conf-6) and a request never had is
left out. The profiles place some of these where the extensions' own contexts have no room: profiles are followed, but
who gives the whole request stands on its items alone, where the extension may.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

from fhir_mappings.prior_auth.bundles import Entry, PasBundle
from fhir_mappings.prior_auth.claim import ClaimItem, PasClaim
from fhir_mappings.prior_auth.json_values import Json, codes, extensions, inner, objects
from fhir_mappings.prior_auth.pas_urls import TEMP, extension

_OF_ITEM = (
    "epsdtIndicator",
    "nursingHomeResidentialStatus",
    "nursingHomeLevelOfCare",
    "productOrServiceCodeEnd",
    "revenueUnitRateLimit",
    "serviceItemRequestType",
    "certificationType",
)
"""Extensions of an item that stand on what is authorized in its place as well."""
_PLAIN = ("modifier", "locationCodeableConcept", "locationAddress", "unitPrice")
_STAYS = {"admissionDates": ("timingDate", "timingPeriod"), "dischargeDates": ("timingDate",)}
_STAY_NAMES = {"admissionDates": "admissionDates", "dischargeDates": "dischargeDate"}
_BOTH_ENDS = {"applicationSenderCode", "applicationReceiverCode"}
_ENDS = {"applicationSenderCode": "applicationReceiverCode", "interchangeSenderID": "interchangeReceiverID"}
_OTHER_END = _ENDS | {there: here for here, there in _ENDS.items()}


@dataclass(frozen=True, slots=True)
class Provider:
    """A practitioner or organization that is asked for: its URL in the Bundle, its function and its qualification."""

    url: str
    function: Json = field(default_factory=dict)
    qualification: Json = field(default_factory=dict)

    @property
    def authorized(self) -> Json:
        """Return it as an extension of what is authorized."""
        parts: list[Json] = [{"url": "provider", "valueReference": {"reference": self.url}}]
        parts += [self.kind] if self.function else []
        if self.qualification:
            parts.append({"url": "qualification", "valueCodeableConcept": self.qualification})
        return {"url": extension("itemAuthorizedProvider")["url"], "extension": parts}

    @property
    def kind(self) -> Json:
        """Return its function as the extension that says it."""
        return extension("authorizedProviderType", valueCodeableConcept=self.function)

    @property
    def reference(self) -> Json:
        """Return the reference of an added item to it."""
        return ({"extension": [self.kind]} if self.function else {}) | {"reference": self.url}


@dataclass(frozen=True, slots=True)
class Asked:
    """An item as it was asked for, with who gives it, the days in a hospital, and the diagnoses that it is for."""

    item: ClaimItem
    providers: tuple[Provider, ...] = ()
    stay: tuple[Json, ...] = ()
    diagnoses: tuple[Json, ...] = ()

    @property
    def changed_in_part(self) -> Json:
        """Return the members of an added item that a change of amount or days leaves as they were asked."""
        return {name: self.item.raw[name] for name in _PLAIN if self.item.raw.get(name)}

    @property
    def codes(self) -> Iterator[Json]:
        """Yield the extensions that say what kind of service an added item is."""
        for name in ("authorizationNumber", "administrationReferenceNumber", *_OF_ITEM):
            yield from extensions(self.item.raw, name)
        if self.item.service is not None:
            yield extension("requestedService", valueReference={"reference": self.item.service.url})
        if inner(self.item.raw.get("revenue")):
            yield extension("revenueCode", valueCodeableConcept=self.item.raw["revenue"])


def asked_parts(bundle: PasBundle, claim: PasClaim) -> dict[int, Asked]:
    """Return each item of a request by its sequence, with what else is asked for it."""
    stay, team = tuple(_stay(claim)), objects(claim.resource.get("careTeam"))
    found = {}
    for one in claim.items:
        named = one.raw.get("careTeamSequence")
        own = [each for each in team if each.get("sequence") in (named if isinstance(named, list) else [])]
        everybody = [each for each in team if each not in own and _is_of_all(each)]
        providers = tuple(_providers([*own, *everybody], bundle, claim.entry))
        found[one.sequence] = Asked(one, providers, stay, tuple(_diagnoses(one, claim)))
    return found


def answered_ends(claim: PasClaim) -> Iterator[Json]:
    """Yield the identifiers of the transmission as an answer has them: who received the request sends it.

    Where a request names one end alone nothing is said: the guide asks for the codes of both.
    """
    for one in extensions(claim.resource, "TransmissionIdentifiers"):
        parts = [part for part in objects(one.get("extension")) if part.get("url") in _OTHER_END]
        turned = [part | {"url": _OTHER_END[str(part["url"])]} for part in parts]
        if {part["url"] for part in turned} >= _BOTH_ENDS:
            yield {"url": one["url"], "extension": turned}


def _is_of_all(member: Json) -> bool:
    return any(one.get("valueBoolean") is True for one in extensions(member, "careTeamClaimScope"))


def _providers(members: list[Json], bundle: PasBundle, claim: Entry) -> Iterator[Provider]:
    """Yield members of the team as whom the guide lets be authorized: for a role, who has it, else for whom."""
    for one in members:
        found = bundle.resolve(one.get("provider"), claim)
        if found is not None and found.kind == "PractitionerRole":
            named = (bundle.resolve(found.resource.get(name), found) for name in ("practitioner", "organization"))
            found = next((each for each in named if each is not None), None)
        if found is not None and found.kind in {"Practitioner", "Organization"}:
            yield Provider(found.url, inner(one.get("role")), inner(one.get("qualification")))


def _stay(claim: PasClaim) -> Iterator[Json]:
    """Yield when a stay in a hospital is asked to begin and to end."""
    for one in objects(claim.resource.get("supportingInfo")):
        for kind in _STAYS.keys() & codes(one.get("category"), TEMP):
            value = {name: one[name] for name in _STAYS[kind] if one.get(name)}
            for name, when in value.items():
                yield extension(_STAY_NAMES[kind], **{name.replace("timing", "value"): when})


def _diagnoses(item: ClaimItem, claim: PasClaim) -> Iterator[Json]:
    """Yield the diagnoses of an item: those that it says itself, else those of the request that it names."""
    own = list(extensions(item.raw, "communicatedDiagnosis"))
    named = item.raw.get("diagnosisSequence")
    listed = [
        one
        for one in objects(claim.resource.get("diagnosis"))
        if isinstance(named, list) and one.get("sequence") in named
    ]
    concepts = [inner(one.get("diagnosisCodeableConcept")) for one in listed]
    yield from own or [extension("communicatedDiagnosis", valueCodeableConcept=one) for one in concepts if one]
