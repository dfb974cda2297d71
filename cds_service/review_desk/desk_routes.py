"""The pages of the desk. They need no script; a decision is a form of the page, taken only from a signed-in person.

Who reads which case is noted like every read of what holds a chart.
"""

import binascii
import re
from base64 import b64decode
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime

from flask import Blueprint, Response, redirect, request
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response as AnyResponse

from cds_service.forms.details import Shelves, drawn_of
from cds_service.forms.errors import FormPageError
from cds_service.prior_auth.cases_for_review import CaseForReview, CasesForReview, ReviewedItem
from cds_service.prior_auth.decisions import Decisions
from cds_service.prior_auth.grants import DecisionError
from cds_service.prior_auth.request_lists import RequestLists, Sought
from cds_service.prior_auth.verdicts import Act, Verdict
from cds_service.review_desk import sign_in_routes
from cds_service.review_desk.desk_page import DeskPage, SignedOutError
from cds_service.review_desk.letters import LetterError, Letters, Reader
from cds_service.review_desk.sign_in_routes import SignInPages
from cds_service.reviewers.desk_sessions import Session
from cds_service.reviewers.reviewer_file import Role
from cds_service.web.read_notes import shows
from fhir_mappings.judgement.judge import Judgement
from fhir_mappings.prior_auth.information_requests import DOCUMENTS
from fhir_mappings.prior_auth.pas_urls import Review
from fhir_mappings.wording import languages
from policies.model.determination import Allowance
from policies.model.notes import Note

_SHOWN = frozenset({"text/plain"})
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
"""What no text of FHIR has in it."""
_WORDS = ("words", "criterion", "reason", "evidence")
_LONGEST_WORDS = 4000
_LONGEST_SEARCH = 200


@dataclass(frozen=True, slots=True)
class Desk:
    """The pages of one service; `director_denies` keeps every denial for a medical director."""

    page: DeskPage
    cases: CasesForReview
    lists: RequestLists
    shelves: Shelves
    decisions: Decisions
    letters: Letters
    now: Callable[[], datetime]
    director_denies: bool

    def home(self) -> AnyResponse:
        """Show what waits, by the time by which it must be decided."""
        session = self.page.session()
        return self.page.html("list.html", session=session, waiting=self.lists.waiting(), now=self.now())

    def decided(self) -> AnyResponse:
        """Show what was decided, the newest first; `words` and `code` of the query say what is looked for."""
        session, given = self.page.session(), request.args
        sought = Sought(given.get("words", "")[:_LONGEST_SEARCH], given.get("code", ""))
        found = self.lists.decided(sought)
        return self.page.html("decided.html", session=session, found=found, sought=sought, codes=list(Review))

    def case(self, name: str) -> AnyResponse:
        """Show one request."""
        session = self.page.session()
        return self._case(session, self._read(session, name))

    def decide(self, name: str) -> AnyResponse:
        """Take a decision, and show what became of it."""
        session = self.page.checked()
        case = self._read(session, name)
        try:
            self.decisions.decide(case.request, self._verdict(session))
        except DecisionError as error:
            return self._case(session, self._read(session, name), self.page.say.words(error.note), 422)
        return redirect(f"{self.page.path}/{name}", 303)

    def attachment(self, name: str, number: int) -> AnyResponse:
        """Give an attachment out as a file: nothing of it is run by the browser."""
        case = self._read(self.page.session(), name)
        if not 1 <= number <= len(case.attachments):
            raise NotFound
        one = case.attachments[number - 1]
        try:
            content = b64decode(str(one["data"] or ""), validate=True)
        except (binascii.Error, ValueError):
            raise NotFound from None
        kind = one["type"] if one["type"] in _SHOWN else "application/octet-stream"
        return Response(content, content_type=kind, headers={"Content-Disposition": "attachment"})

    def letter(self, name: str, number: int, reader: str) -> AnyResponse:
        """Show the notice about an item, to be printed; `language` in the query names its language."""
        case, say = self._read(self.page.session(), name), self.page.say
        language = request.args.get("language", say.language)
        item = next((one for one in case.items if one.answer.sequence == number), None)
        if item is None or language not in languages() or reader not in {one.value for one in Reader}:
            raise NotFound
        try:
            letter = self.letters.letter(case, item, Reader(reader), language)
        except LetterError as error:
            words = say("letter.unset", language=language) if error.is_unset else say("letter.none")
            return self._case(self.page.session(), case, words, 409)
        return self.page.html("letter.html", case=case, letter=letter, desk_say=say)

    def _verdict(self, session: Session) -> Verdict:
        """Read a decision; raises DecisionError for one that is none."""
        given = {key: _CONTROL.sub("", value).strip()[:_LONGEST_WORDS] for key, value in request.form.items()}
        try:
            act = Act(given.get("act", ""))
            end = date.fromisoformat(given["end"]) if given.get("end") else None
            units = int(given["units"]) if given.get("units") else None
            sequence = int(given.get("sequence", ""))
            seen = int(given["seen"]) if given.get("seen") else None
        except ValueError:
            raise DecisionError(Note("review.unread")) from None
        if act is Act.DENY and self.director_denies and session.role is not Role.DIRECTOR:
            raise DecisionError(Note("review.director_only"))
        words, criterion, reason, evidence = (given.get(name, "") for name in _WORDS)
        person = f"{session.person} ({session.name})"
        verdict = Verdict(act, person, sequence, words, criterion, reason, evidence, seen=seen)
        if act is Act.ASK:
            documents = tuple(dict.fromkeys(request.form.getlist("document")))
            asked = "\n".join(one for one in (given.get("question", ""), words) if one)
            return replace(verdict, words=asked, documents=documents, is_recent=bool(given.get("recent")))
        return replace(verdict, end=end, units=units) if act is Act.CHANGE else verdict

    def _case(self, session: Session, case: CaseForReview, fault: str = "", status: int = 200) -> AnyResponse:
        denies = not self.director_denies or session.role is Role.DIRECTOR
        judged = {one.determination: self.shelves.judged_again(one.determination) for one in case.items}
        drawings = {name: drawn_of(one, self.page.say) if one is not None else None for name, one in judged.items()}
        figures = {
            "session": session,
            "languages": languages(),
            "case": case,
            "fault": fault,
            "denies": denies,
            "documents": DOCUMENTS,
            "drawings": drawings,
            "allowed": {one.answer.sequence: _allowed(one, judged[one.determination]) for one in case.items},
        }
        return self.page.html("case.html", status, **figures, now=self.now())

    def _read(self, session: Session, name: str) -> CaseForReview:
        shows("Claim", name, f"reviewer {session.name}")
        found = self.cases.read(name)
        if found is None:
            raise NotFound
        return found


def _allowed(item: ReviewedItem, judgement: Judgement | None) -> Allowance | None:
    """Return how much the days of an authorization come to; None where that is not certain, or none was given."""
    granted, sheet = item.answer.granted, judgement.dosing if judgement is not None else None
    if granted is None or sheet is None:
        return None
    return sheet.allowance(date.fromisoformat(granted.start), date.fromisoformat(granted.end))


def blueprint(desk: Desk, signing_in: SignInPages) -> Blueprint:
    """Return the routes."""
    routes = Blueprint("review", __name__, url_prefix="/review")
    routes.add_url_rule("", "home", desk.home, strict_slashes=False)
    sign_in_routes.add_routes(routes, signing_in)
    routes.add_url_rule("/decided", "decided", desk.decided)
    routes.add_url_rule("/<name>", "case", desk.case)
    routes.add_url_rule("/<name>/decision", "decide", desk.decide, methods=["POST"])
    routes.add_url_rule("/<name>/letters/<int:number>/<reader>", "letter", desk.letter)
    routes.add_url_rule("/<name>/attachments/<int:number>", "attachment", desk.attachment)
    routes.register_error_handler(SignedOutError, lambda _: redirect(f"{desk.page.path}/sign-in", 303))
    routes.register_error_handler(FormPageError, signing_in.not_ours)
    routes.after_request(desk.page.frames.guard)
    return routes
