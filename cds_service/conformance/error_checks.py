"""Checks of the answers to calls with a fault. Sources: CDS Hooks 2.0, status codes; CRD 2.0.1 and 2.2.1, errors."""

from cds_service.conformance.check import Check, Judge, check
from cds_service.conformance.exchanges import Exchange, Seen, objects

_CONTENT = ("not JSON", "no body", "a list", "no hook", "no hookInstance", "no context", "another hook")


def _status(allowed: tuple[int, ...], *names: str) -> Judge:
    def judge(seen: Seen) -> list[str] | None:
        sent = [(name, seen.broken[name].status) for name in names if name in seen.broken]
        return [f"{name}: {status}" for name, status in sent if status not in allowed] if sent else None

    return judge


def _outcomes(seen: Seen) -> list[str] | None:
    refused = [(name, seen.broken[name]) for name in _CONTENT if name in seen.broken]
    refused = [(name, one) for name, one in refused if one.status >= 400]
    return [f"{name}: no OperationOutcome" for name, one in refused if not _is_outcome(one)] if refused else None


def _is_outcome(exchange: Exchange) -> bool:
    content = exchange.content
    if not isinstance(content, dict) or content.get("resourceType") != "OperationOutcome":
        return False
    issues = objects(content.get("issue"))
    return bool(issues) and all("severity" in one and "code" in one for one in issues)


def _survives(seen: Seen) -> list[str] | None:
    return [f"{name}: {one.status}" for name, one in seen.broken.items() if one.status >= 500] if seen.broken else None


ERRORS: tuple[Check, ...] = (
    check("crd20.status-400 crd22.hook-13", "what is no JSON gets 400", _status((400,), "not JSON", "no body")),
    check("crd22.hook-9", "other faults of a call get 400 or 422", _status((400, 422), *_CONTENT[2:])),
    check("crd22.hook-10 crd20.outcome", "refusals hold an OperationOutcome", _outcomes),
    check("crd22.hook-9", "an unknown service gets a 4xx", _status(tuple(range(400, 500)), "an unknown service")),
    check("crd22.hook-9", "an unknown version gets a 4xx", _status(tuple(range(400, 500)), "an unknown version")),
    check("hooks.54 crd20.status-412", "a Coverage that cannot be had gets 412", _status((412,), "no coverage sent")),
    check(
        "crd22.hook-13 crd22.found-32",
        "that there is no Coverage gets 400, never 412",
        _status((400,), "no coverage there"),
    ),
    check("crd22.found-33 crd22.hook-23", "unknown members are ignored", _status((200,), "unknown members")),
    check("crd22.dev-17", "an unknown option is ignored", _status((200,), "an unknown option")),
    check("crd22.dev-6", "nonsense in an option is survived", _status((200,), "nonsense in an option")),
    check("crd22.dev-15", "no configuration is needed", _status((200,), "no configuration"), "SHALL NOT"),
    check("crd22.hook-9", "nothing of this breaks the server", _survives),
)
