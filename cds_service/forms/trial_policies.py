"""By which policies a call is tried: those in force, one version whatever the order's date, or drafts in a folder."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from cds_service.app.published import draft_title
from fhir_mappings.findings.gathered import wanted_codings
from fhir_mappings.judgement.judge import Judge
from hooks.definitions.prefetch_templates import templates
from hooks.ehr_data.chart_assembly import ChartAssembly
from hooks.response.service import Answering
from policies import catalogue
from policies.catalogue import Catalogue
from policies.files.problems import PolicyError, UnknownVersionError

_DRAFT = "draft:"
_AT = "@"


@dataclass(frozen=True, slots=True)
class Choice:
    """One policy that can be chosen: the value of the field, its title, the day of its version (None: in force)."""

    value: str
    title: str
    version: date | None
    is_draft: bool


@dataclass(frozen=True, slots=True)
class Chosen:
    """What was chosen: the service that answers by it, and the id of the policy, empty where none was named."""

    answering: Answering
    policy: str


class UnknownChoiceError(Exception):
    """What was chosen is not offered; each part says what is wrong."""

    def __init__(self, parts: list[str]) -> None:
        self.parts = parts
        super().__init__("; ".join(parts))


@dataclass(frozen=True, slots=True)
class TrialPolicies:
    """The policies of the service, and the drafts of a folder beside them, which are read anew each time."""

    own: Answering
    folder: Path | None = None

    def choices(self) -> tuple[Choice, ...]:
        """Return what can be chosen; faulty drafts are left out, and named once one is tried."""
        in_force = [Choice(one, self._title(one), None, is_draft=False) for one in self.own.judge.catalogue.ids]
        return (*in_force, *_versions(self.own.judge.catalogue, ""), *self._of_drafts())

    def chosen(self, value: str) -> Chosen:
        """Return the service that answers by a choice; raises UnknownChoiceError."""
        name, _, version = value.removeprefix(_DRAFT).partition(_AT)
        try:
            answering = self._drafted() if value.startswith(_DRAFT) else self.own
            return Chosen(_held(answering, name, version) if version else answering, name)
        except PolicyError as error:
            raise UnknownChoiceError([str(one) for one in error.problems]) from None
        except (UnknownVersionError, ValueError):
            raise UnknownChoiceError([f"no policy '{value}' can be chosen here"]) from None

    def _drafted(self) -> Answering:
        if self.folder is None:
            raise UnknownChoiceError(["this service has no folder of drafts (draft_policies_folder)"])
        known = catalogue.load(self.folder).as_drafts(draft_title(self.own.say))
        base = self.own.payer.base_url
        charts = ChartAssembly(wanted_codings(known.all, known.terminology), templates(known, claims=False, base=base))
        return replace(self.own, judge=Judge(known), charts=charts)

    def _of_drafts(self) -> Iterator[Choice]:
        if self.folder is None:
            return
        try:
            yield from _versions(catalogue.load(self.folder), _DRAFT)
        except PolicyError:
            yield Choice(_DRAFT, "", None, is_draft=True)

    def _title(self, policy: str) -> str:
        return self.own.judge.catalogue.versions(policy).policies[-1].title


def _held(answering: Answering, policy: str, version: str) -> Answering:
    """Return a service that judges by one version of a policy, whatever the date of the order."""
    held = answering.judge.catalogue.holding(policy, date.fromisoformat(version))
    return replace(answering, judge=Judge(held))


def _versions(known: Catalogue, before: str) -> Iterator[Choice]:
    for one in known.all:
        yield Choice(f"{before}{one.id}{_AT}{one.version}", one.title, one.version, is_draft=bool(before))
