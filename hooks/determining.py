"""From decided orders to determinations that last: authorizations are looked up or given, and everything is kept."""

from calendar import monthrange
from dataclasses import dataclass, replace
from datetime import date, timedelta
from uuid import uuid4

from fhir_mappings.coverages import CoverageState
from fhir_mappings.wording import Wording
from hooks.call import Call
from hooks.deciding import Decided, Deciding
from hooks.keys import key_of, record_of
from hooks.payer import Payer
from hooks.register import DeterminationKey, Session
from policies.determination import Authorization

_UNSOLICITED = "unsolicited-determ"
_CONFIGURATION = "davinci-crd.configuration"


@dataclass(frozen=True, slots=True)
class Sent:
    """An order as it is answered: what was decided, and the id under which it is kept."""

    decided: Decided
    assertion_id: str


@dataclass(frozen=True, slots=True)
class Determining:
    """Determines the orders of one call."""

    payer: Payer
    say: Wording
    call: Call
    tenant: str

    def all(self, decided: tuple[Decided, ...], session: Session) -> tuple[Sent, ...]:
        """Determine every order of which something is told, and keep it; raises RegisterError."""
        return tuple(self._one(one, session) for one in decided if one.determination is not None)

    def failed(self, decided: tuple[Decided, ...]) -> tuple[Sent, ...]:
        """Return what is told where the store failed: nothing can be determined, and nothing is kept."""
        failed = self._deciding.technical
        told = (replace(one, determination=failed(one.judgement)) for one in decided if one.determination)
        return tuple(Sent(one, str(uuid4())) for one in told)

    def _one(self, decided: Decided, session: Session) -> Sent:
        key = key_of(self.call, decided, self.tenant)
        authorization = self._authorization(decided, key, session)
        final = decided if authorization is None else self._authorized(decided, authorization)
        return Sent(final, session.determine(key, record_of(final, self.say, self.say(f"cause.{self.call.hook}"))))

    def _authorized(self, decided: Decided, authorization: Authorization) -> Decided:
        told = self._deciding.determination(decided.judgement, decided.coverage, authorization)
        return replace(decided, determination=told)

    @property
    def _deciding(self) -> Deciding:
        return Deciding(self.payer, self.say)

    def _authorization(self, decided: Decided, key: DeterminationKey, session: Session) -> Authorization | None:
        """Return the authorization that holds for a request, or give one; None if a person has to.

        Without a policy, or a coverage that runs, there is nothing to authorize.
        """
        policy, runs = decided.judgement.policy, decided.coverage.state is CoverageState.ACTIVE
        if policy is None or not runs or not self._wants_unsolicited():
            return None
        start = decided.judgement.as_of.day
        live = session.live_authorization(key, start)
        if live is not None or not self._deciding.approves(decided.judgement):
            return live
        return session.authorize(key, start, last_day(start, policy.figures.authorization_months))

    def _wants_unsolicited(self) -> bool:
        """Tell whether the caller takes determinations that it did not ask for (CRD: a "what if" call does not)."""
        configuration = self.call.extension.get(_CONFIGURATION)
        return not isinstance(configuration, dict) or configuration.get(_UNSOLICITED) is not False


def last_day(start: date, months: int) -> date:
    """Return the last day of a period of so many months: from 2026-06-01 six months last through 2026-11-30."""
    count = start.year * 12 + start.month - 1 + months
    year, month = divmod(count, 12)
    after = date(year, month + 1, min(start.day, monthrange(year, month + 1)[1]))
    return after - timedelta(days=1)
