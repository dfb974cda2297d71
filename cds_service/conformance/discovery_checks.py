"""Checks of discovery. Sources: CDS Hooks 2.0, "Discovery" and "Prefetch"; CRD 2.2.1, configuration and versions."""

import re
from collections.abc import Iterator
from typing import Any

from cds_service.conformance.check import Check, check
from cds_service.conformance.exchanges import Json, Seen, is_text, objects, topic_of

_TOKEN = re.compile(r"{{(.*?)}}")
_ROOT = re.compile(r"context\.\w+|user(Practitioner|PractitionerRole|Patient|RelatedPerson)Id")
_TYPES = {"boolean": bool, "integer": int}
_VERSION = re.compile(r"\d+\.\d+")


def _is_there(seen: Seen) -> list[str]:
    status = seen.discovery.status
    return [] if status == 200 else [f"GET cds-services is answered with {status}"]


def _is_json(seen: Seen) -> list[str]:
    media_type, content = seen.discovery.media_type, seen.discovery.content
    return [] if media_type == "application/json" and content is not None else [f"it is {media_type or 'of no type'}"]


def _lists(seen: Seen) -> list[str]:
    content = seen.discovery.content
    services = content.get("services") if isinstance(content, dict) else None
    if not isinstance(services, list):
        return ["there is no list of services"]
    return [] if len(objects(services)) == len(services) else ["an entry is no object"]


def _members(*names: str) -> Any:
    def judge(seen: Seen) -> list[str] | None:
        lacking = [
            f"{_name(one)} lacks {name}" for one in seen.services for name in names if not is_text(one.get(name))
        ]
        return lacking if seen.services else None

    return judge


def _name(service: Json) -> str:
    return str(service.get("id", "a service without id"))


def _versions(service: Json) -> Any:
    extension = service.get("extension")
    return extension.get("davinci-crd.version") if isinstance(extension, dict) else None


def _tokens(seen: Seen) -> list[str] | None:
    """Look at the tokens of services that do not speak CRD 2.2, which allows FHIRPath."""
    older = [
        one for one in seen.services if isinstance(one.get("prefetch"), dict) and "2.2" not in (_versions(one) or ())
    ]
    return [fault for one in older for fault in _odd_tokens(one)] if older else None


def _odd_tokens(service: Json) -> Iterator[str]:
    for key, template in service["prefetch"].items():
        for token in _TOKEN.findall(str(template)):
            if not _ROOT.fullmatch(token):
                yield f"{_name(service)}: the token {{{{{token}}}}} of '{key}' is no root member of the context"
        if str(template).count("{{") != str(template).count("}}"):
            yield f"{_name(service)}: a token of '{key}' is not closed"


def _versions_named(seen: Seen) -> list[str] | None:
    named = [(one, _versions(one)) for one in seen.services if _versions(one) is not None]
    if not named:
        return None
    return [
        f"{_name(one)}: davinci-crd.version is no list of versions as 2.2"
        for one, versions in named
        if not isinstance(versions, list)
        or not versions
        or not all(isinstance(version, str) and _VERSION.fullmatch(version) for version in versions)
    ]


def options_of(service: Json) -> list[Json]:
    """Return the configuration options that a service offers."""
    extension = service.get("extension")
    return objects(extension.get("davinci-crd.configuration-options")) if isinstance(extension, dict) else []


def _options(seen: Seen) -> list[str] | None:
    offered = [(one, option) for one in seen.services for option in options_of(one)]
    return [fault for one, option in offered for fault in _odd_option(_name(one), option)] if offered else None


def _odd_option(service: str, option: Json) -> Iterator[str]:
    yield from (
        f"{service}: an option lacks {name}"
        for name in ("code", "name", "description")
        if not is_text(option.get(name))
    )
    kind = _TYPES.get(str(option.get("type")))
    if kind is None:
        yield f"{service}: the type of an option is neither boolean nor integer"
    elif type(option.get("default")) is not kind:
        yield f"{service}: the default of '{option.get('code')}' is no {option['type']}"


def _unique(seen: Seen) -> list[str] | None:
    offered = [one for one in seen.services if options_of(one)]
    twice = [
        f"{_name(one)}: {name} stands twice"
        for one in offered
        for name in ("code", "name", "description")
        if len({str(option.get(name)) for option in options_of(one)}) < len(options_of(one))
    ]
    return twice if offered else None


def _choices(seen: Seen) -> list[str] | None:
    """Look for an option to turn off each type of card that was sent; a matter of servers that speak 2.2."""
    sent = {(answer.where, topic_of(card)): answer.service for answer, card in seen.cards() if answer.version == "2.2"}
    lacking = [
        f"{where}: there is no option for cards of type '{topic}'"
        for (where, topic), service in sent.items()
        if topic not in {one.get("code") for one in options_of(service) if one.get("type") == "boolean"}
    ]
    return lacking if sent else None


DISCOVERY: tuple[Check, ...] = (
    check("hooks.4 hooks.5 hooks.13", "discovery is there", _is_there),
    check("hooks.1", "discovery is JSON", _is_json),
    check("hooks.6", "discovery lists services", _lists),
    check(
        "hooks.7 hooks.9 hooks.10", "each service has hook, description and id", _members("hook", "description", "id")
    ),
    check("hooks.8", "each service has a title", _members("title"), "SHOULD"),
    check("hooks.55 hooks.56 hooks.57 hooks.59", "tokens are root members of the context (below 2.2)", _tokens),
    check("crd22.dev-1 crd22.dev-2", "versions are declared as numbers with two parts", _versions_named),
    check("crd22.dev-4", "each option has code, type, name, description and a default of its type", _options),
    check("crd22.dev-5", "there is an option for each type of card that was sent (2.2)", _choices),
    check("crd22.dev-8", "codes, names and descriptions of options stand once", _unique),
)
