"""The occasion on which orders are determined: a call of a hook, or a form that is answered for one."""

from dataclasses import dataclass

from hooks.protocol.client import Caller
from hooks.protocol.configuration import Configuration
from hooks.protocol.crd_versions import CrdVersion
from hooks.protocol.payer import Delivery, Payer
from hooks.request.call import Call
from policies.model.dates import CallDay


@dataclass(frozen=True, slots=True)
class Occasion:
    """A call as it is answered: in whose name, to whom, in which version of CRD, on which day.

    `cause` is the key of the sentence that says why there is a determination (the hook was called, a form came).
    """

    payer: Payer
    call: Call
    caller: Caller
    version: CrdVersion
    today: CallDay
    cause: str

    @property
    def tenant(self) -> str:
        """Return whose determinations are read and written."""
        return self.caller.tenant

    @property
    def wanted(self) -> Configuration:
        """Return what the call asks for (CRD, configuration options)."""
        return Configuration.of(self.call.extension)

    @property
    def delivery(self) -> Delivery:
        """Return the form of the answer."""
        chosen = self.caller.delivery or self.payer.delivery
        return chosen.for_call(speaks_crd=self.call.speaks_crd)
