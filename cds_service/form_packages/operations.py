"""What DTR offers over the forms of a service, whatever carries it: packages, steps, answered forms."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from cds_service.dtr.answer_check import Intake
from cds_service.dtr.answered_form import AnsweredForms
from cds_service.dtr.form_ownership import Belonging, OwnServers
from cds_service.dtr.form_step import Stepping
from cds_service.dtr.kept_answers import Keeping
from cds_service.dtr.next_question import NextQuestion
from cds_service.dtr.publication import Supplies
from cds_service.form_packages.package_operation import Packaging
from cds_service.register.register import SqlRegister
from cds_service.storage.archive import Archive
from fhir_mappings.publication.artifacts import Artifacts
from fhir_mappings.questionnaires.published import Shelf
from fhir_mappings.wording import Wording
from hooks.response.service import Answering


@dataclass(frozen=True, slots=True)
class Operations:
    """The operations of one service; `answered` is None where there is no store that could keep an answer."""

    intake: Intake
    belonging: Belonging
    packaging: Packaging
    steps: NextQuestion
    answered: AnsweredForms | None

    @classmethod
    def of(
        cls,
        service: Answering,
        intake: Intake,
        shelf: Shelf,
        artifacts: Mapping[str, Artifacts],
        archive: Archive | None,
        own_servers: OwnServers = None,
    ) -> "Operations":
        """Put the operations together; `artifacts` is what is published beside the forms, by its type.

        `own_servers` are the FHIR servers of each tenant's clients, None in open mode.
        """
        say, payer, today = service.say.dated, service.payer, intake.today
        belonging, stepping = Belonging(shelf, archive, own_servers), Stepping(say, payer.base_url, shelf, archive)
        answered = None
        if archive is not None:
            keeping = Keeping(service, intake, archive, SqlRegister(archive.engine), own_servers)
            answered = AnsweredForms(intake, say, belonging, stepping, keeping)
        steps = NextQuestion(intake, say, stepping, belonging, answered)
        supplies, codes = Supplies(artifacts, today), service.site_codes
        packaging = Packaging(service.judge, say, payer, today, archive, shelf, supplies, codes, own_servers)
        return cls(intake, belonging, packaging, steps, answered)

    @property
    def say(self) -> Wording:
        """Return the sentences in which they are answered."""
        return self.packaging.say

    def speaking(self, say: Wording) -> "Operations":
        """Return the same operations in another language: forms, drafts, steps, and what is wrong with an answer."""
        if say.language == self.say.language:
            return self
        answered = self.answered.speaking(say) if self.answered is not None else None
        steps = self.steps.speaking(say, answered)
        return replace(self, packaging=self.packaging.speaking(say), steps=steps, answered=answered)
