"""Checks of who is let in, for where the self-test signs tokens. Source: CDS Hooks 2.0, "Trusting CDS Clients"."""

from cds_service.conformance.check import Check, Judge, check
from cds_service.conformance.exchanges import Seen

_REFUSED = frozenset({401, 403})


def _refused(name: str) -> Judge:
    def judge(seen: Seen) -> list[str] | None:
        if name not in seen.broken:
            return None
        status = seen.broken[name].status
        return [] if status in _REFUSED else [f"{name}: {status}"]

    return judge


CALLERS: tuple[Check, ...] = (
    check("hooks.176 hooks.177", "without a token nobody is let in", _refused("no token")),
    check("hooks.176", "a token is for one address", _refused("a token for another address")),
    check("hooks.176", "an expired token is refused", _refused("an expired token")),
    check("hooks.195", "an issuer that is not registered is refused", _refused("a token of a stranger"), "SHOULD"),
    check("hooks.201", "an unsigned token is refused", _refused("an unsigned token"), "SHALL NOT"),
    check("hooks.203", "a token by a shared secret is refused", _refused("a token by a shared secret"), "SHALL NOT"),
)
