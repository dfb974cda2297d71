"""Why an order was determined as it was: everything that the page behind *Details* shows, from what is kept.

It needs no form: an order that is authorized, or that no form is asked for, has a page too. The timeline is drawn from
the call as it came, which is read again; where it can no longer be read, or was purged, the page says so.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import orjson

from cds_service.database.transactions import reading
from cds_service.forms.errors import FormPageError
from cds_service.forms.outcome import Line, lines
from cds_service.forms.patient_name import patient_of
from cds_service.pictures.timeline_layout import Picture, picture
from cds_service.pictures.timeline_words import TimelineWords, in_words
from cds_service.register.authorizations import numbered
from cds_service.replay.judged_again import judged_again
from cds_service.storage.archive import Archive, Kept
from fhir_mappings.judgement.judge import Judgement
from fhir_mappings.therapy.timeline import timeline
from fhir_mappings.wording import Wording
from hooks.report.order_report import lack_on_file
from hooks.response.service import Answering
from policies.catalogue import Catalogue
from policies.evaluation.findings_codec import from_plain, is_note, said_from_plain
from policies.model.criteria import RequestKind
from policies.model.determination import Authorization
from policies.model.notes import Note
from policies.model.policy import Policy

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Drawn:
    """A timeline as it is shown: in words, and as a picture."""

    words: TimelineWords
    picture: Picture


def drawn_of(judgement: Judgement, say: Wording) -> Drawn | None:
    """Return the timeline of an order as it was judged; None where nothing of the chart was."""
    if judgement.safety is None:
        return None
    words = in_words(timeline(judgement.safety.reading, judgement.findings), say)
    return Drawn(words, picture(words))


@dataclass(frozen=True, slots=True)
class Answered:
    """Who answered a form, when, and whether all of it."""

    name: str
    day: str
    is_complete: bool


@dataclass(frozen=True, slots=True)
class Details:
    """One determination as a person reads it; `report` is in words, `says` are the criteria by their ids.

    `note` is what is said of the whole beside the reason of the determination, `records` how records are named, by
    reference. `policy` is None where none judged the order, `drawn` where no timeline can be drawn, `authorized` where
    nothing holds for the order.
    """

    kept: Kept
    report: Json
    note: str
    records: Mapping[str, str]
    policy: Policy | None
    lines: tuple[Line, ...]
    says: Mapping[str, str]
    patient: str
    drawn: Drawn | None
    authorized: Authorization | None
    revisions: tuple[Json, ...]
    value_sets: Mapping[str, str]
    answered: tuple[Answered, ...]

    @property
    def conflicts(self) -> list[Json]:
        """Return the conflicts that no criterion tells by its note: what stands there is not said twice."""
        notes = {one["id"]: one["note"] for one in self.report["criteria"]}
        return [
            one for one in self.report["conflicts"] if not one["note"] or one["note"] not in notes[one["criterion"]]
        ]


@dataclass(frozen=True, slots=True)
class Shelves:
    """Where details are read: what is kept, and the service that judged it."""

    archive: Archive
    answering: Answering

    def read(self, determination: str, say: Wording) -> Details:
        """Return the details of a determination in the words of a reader; raises FormPageError if there is none."""
        kept = self.archive.kept(determination)
        whole = self.archive.find(determination, None)
        if kept is None or whole is None:
            raise FormPageError(404, "page.no_link")
        lack, policy = say.words(lack_on_file(kept.report)), _policy(self.answering.judge.catalogue, kept)
        shown = say.without_gaps if lack else say
        report, judged = shown.report(kept.report), self.judgement_of(kept)
        return Details(
            kept=kept,
            report=report,
            policy=policy,
            note=_unsaid(report, lack),
            records=say.records(from_plain(kept.findings).values()),
            lines=tuple(_lines(report, policy, kept, shown)),
            says={one["id"]: one["says"] for one in report["criteria"]},
            patient=patient_of(kept, say),
            drawn=drawn_of(judged, say) if judged is not None else None,
            authorized=self._authorized(kept),
            revisions=tuple(say.report(whole["revisions"])),
            value_sets=whole["value_sets"] or {},
            answered=tuple(_answered(self.archive, determination, say)),
        )

    def _authorized(self, kept: Kept) -> Authorization | None:
        """Return the authorization that the reason of a determination names."""
        reason = (kept.report.get("coverage_information") or {}).get("reason")
        number = next(_figures(reason, "reason.satisfied", "number"), "")
        if not number:
            return None
        with reading(self.archive.engine) as connection:
            return numbered(connection, number)

    def timeline_of(self, determination: str, say: Wording) -> Drawn | None:
        """Return the timeline of a determination by its id; None where there is none, or it cannot be drawn."""
        judgement = self.judged_again(determination)
        return drawn_of(judgement, say) if judgement is not None else None

    def judged_again(self, determination: str) -> Judgement | None:
        """Return how an order is judged by the chart as it came; None where that is lost, or nothing was judged."""
        kept = self.archive.kept(determination) if determination else None
        return self.judgement_of(kept) if kept is not None else None

    def judgement_of(self, kept: Kept) -> Judgement | None:
        """Return how the order of what is kept is judged; None as for `judged_again`."""
        return judged_again(self.answering, kept)


def _figures(kept: Any, key: str, figure: str) -> Iterator[str]:
    """Yield a figure of the notes of a key in what was kept, wherever they stand."""
    if isinstance(kept, dict):
        said = said_from_plain(kept) if is_note(kept) else None
        if isinstance(said, Note) and said.key == key:
            yield str(said.figures[figure])
    for one in kept.values() if isinstance(kept, dict) else kept if isinstance(kept, list) else ():
        yield from _figures(one, key, figure)


def _unsaid(report: Json, lack: str) -> str:
    """Return the note on the whole, without what the reason of the determination says already."""
    note, reason = str(report.get("note", "")), (report.get("coverage_information") or {}).get("reason") or ""
    return note.replace(lack, "").strip() if lack and lack in reason else note


def _policy(catalogue: Catalogue, kept: Kept) -> Policy | None:
    if not kept.policy_version:
        return None
    found = catalogue.as_judged(kept.policy, date.fromisoformat(kept.policy_version), kept.policy_revision)
    return found.chosen_by(from_plain(kept.findings)) if found is not None else None


def _lines(report: Json, policy: Policy | None, kept: Kept, say: Wording) -> Iterator[Line]:
    """Yield the criteria; without the policy that judged them as they are kept, one below the other."""
    if policy is not None:
        yield from lines(kept.report, policy.requests[RequestKind(kept.request)], say)
        return
    for one in report["criteria"]:
        yield Line(0, one["truth"], say(f"mark.{one['truth']}"), one["says"], tuple(filter(None, (one["note"],))))


def _answered(archive: Archive, determination: str, say: Wording) -> Iterator[Answered]:
    """Yield who answered the form of a determination, the newest first; each person and day once."""
    seen: dict[tuple[str, str], Answered] = {}
    for one in archive.responses(determination):
        response: Json = orjson.loads(one.text)
        author = response.get("author")
        name = author.get("display") if isinstance(author, dict) else None
        day = say.day(str(response.get("authored", ""))[:10])
        found = Answered(str(name or say("details.nobody")), day, response.get("status") == "completed")
        seen.setdefault((found.name, found.day), found)
    yield from seen.values()
