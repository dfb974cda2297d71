"""Taking answered forms that nobody posted: a call brings them, or they are found in the client's record system."""

from dataclasses import dataclass

from cds_service.database.transactions import StoreError
from cds_service.dtr.answered_form import AnsweredForms
from cds_service.dtr.errors import DtrError
from cds_service.dtr.response_header import read_head
from cds_service.logs import LOG
from hooks.records.register_port import RegisterError


@dataclass(frozen=True, slots=True)
class FoundForms:
    """Takes what was found by the checks of what is posted; a fault is logged without what the response says."""

    answered: AnsweredForms

    def __call__(self, response: bytes, tenant: str, server: str) -> None:
        """Take a finished response, or one that was taken back; a form that somebody still fills in is passed over."""
        try:
            head, _ = read_head(response, self.answered.intake.max_depth)
            if head.is_finished or head.decides_nothing:
                self.answered.take(response, tenant, server)
        except DtrError as error:
            LOG.info("form passed over", extra={"fields": {"fault": error.fault.name}})
        except (StoreError, RegisterError) as error:
            LOG.error("the store failed", extra={"fields": {"error": str(error)}})
