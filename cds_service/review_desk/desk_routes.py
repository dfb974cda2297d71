"""The pages of the desk. They need no script; a decision is a form of the page, taken only from a signed-in person.

Who reads which case is noted like every read of what holds a chart.
"""

import binascii
from base64 import b64decode
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime

from flask import Blueprint, Response, redirect, render_template, request
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response as AnyResponse

from cds_service.form_page.form_headers import Frames, check_own_page
from cds_service.forms.details import Shelves
from cds_service.forms.errors import FormPageError
from cds_service.prior_auth.cases_for_review import CaseForReview, CasesForReview
from cds_service.prior_auth.decisions import Act, DecisionError, Decisions, Verdict
from cds_service.reviewers.desk_sessions import SESSION_MINUTES, DeskSessions, Session, SignInError
from cds_service.reviewers.reviewer_file import Role
from cds_service.web.read_notes import shows
from fhir_mappings.wording import Wording
from policies.model.notes import Note

COOKIE = "review_desk"
_SHOWN = frozenset({"text/plain"})
_LONGEST_WORDS = 4000


class SignedOutError(Exception):
    """Nobody is signed in."""


@dataclass(frozen=True, slots=True)
class Desk:
    """The pages of one service; `director_denies` keeps every denial for a medical director."""

    sessions: DeskSessions
    cases: CasesForReview
    shelves: Shelves
    decisions: Decisions
    say: Wording
    frames: Frames
    payer: str
    now: Callable[[], datetime]
    director_denies: bool

    def home(self) -> AnyResponse:
        """Show what waits, by the time by which it must be decided."""
        session = self._session()
        return self._html("list.html", session=session, waiting=self.cases.waiting(), now=self.now())

    def sign_in_page(self) -> AnyResponse:
        """Ask who it is."""
        return self._html("sign_in.html", wrong="")

    def sign_in(self) -> AnyResponse:
        """Let a reviewer in by name and password."""
        check_own_page(self.frames.base_url)
        try:
            key = self.sessions.sign_in(request.form.get("name", ""), request.form.get("password", ""))
        except SignInError as error:
            wrong = self.say("review.locked") if error.is_locked else self.say("review.wrong")
            return self._html("sign_in.html", 429 if error.is_locked else 401, wrong=wrong)
        answer = redirect(self.path, 303)
        secure = self.frames.cookie["secure"]
        lasts = SESSION_MINUTES * 60
        answer.set_cookie(COOKIE, key, lasts, path=self.path, secure=secure, httponly=True, samesite="Strict")
        return answer

    def sign_out(self) -> AnyResponse:
        """End the session."""
        self._checked()
        self.sessions.sign_out(request.cookies.get(COOKIE, ""))
        answer = redirect(f"{self.path}/sign-in", 303)
        answer.delete_cookie(COOKIE, path=self.path)
        return answer

    def case(self, name: str) -> AnyResponse:
        """Show one request."""
        session = self._session()
        return self._case(session, self._read(session, name))

    def decide(self, name: str) -> AnyResponse:
        """Take a decision, and show what became of it."""
        session = self._checked()
        case = self._read(session, name)
        try:
            self.decisions.decide(case.request, self._verdict(session))
        except DecisionError as error:
            return self._case(session, case, self.say.words(error.note), 422)
        return redirect(f"{self.path}/{name}", 303)

    def attachment(self, name: str, number: int) -> AnyResponse:
        """Give an attachment out as a file: nothing of it is run by the browser."""
        case = self._read(self._session(), name)
        if not 1 <= number <= len(case.attachments):
            raise NotFound
        one = case.attachments[number - 1]
        try:
            content = b64decode(str(one["data"] or ""), validate=True)
        except (binascii.Error, ValueError):
            raise NotFound from None
        kind = one["type"] if one["type"] in _SHOWN else "application/octet-stream"
        return Response(content, content_type=kind, headers={"Content-Disposition": "attachment"})

    def _verdict(self, session: Session) -> Verdict:
        """Read a decision; raises DecisionError for one that is none."""
        given = {key: value.strip()[:_LONGEST_WORDS] for key, value in request.form.items()}
        try:
            act = Act(given.get("act", ""))
            end = date.fromisoformat(given["end"]) if given.get("end") else None
            units = int(given["units"]) if given.get("units") else None
            sequence = int(given.get("sequence", ""))
        except ValueError:
            raise DecisionError(Note("review.unread")) from None
        if act is Act.DENY and self.director_denies and session.role is not Role.DIRECTOR:
            raise DecisionError(Note("review.director_only"))
        told = {name: given.get(name, "") for name in ("words", "criterion", "reason", "evidence")}
        is_change = act is Act.CHANGE
        person = f"{session.person} ({session.name})"
        return Verdict(
            act, person, sequence, **told, end=end if is_change else None, units=units if is_change else None
        )

    def _case(self, session: Session, case: CaseForReview, fault: str = "", status: int = 200) -> AnyResponse:
        denies = not self.director_denies or session.role is Role.DIRECTOR
        drawings = {one.determination: self.shelves.timeline_of(one.determination, self.say) for one in case.items}
        figures = {"session": session, "case": case, "fault": fault, "denies": denies, "drawings": drawings}
        return self._html("case.html", status, **figures, now=self.now())

    def _read(self, session: Session, name: str) -> CaseForReview:
        shows("Claim", name, f"reviewer {session.name}")
        found = self.cases.read(name)
        if found is None:
            raise NotFound
        return found

    def _session(self) -> Session:
        found = self.sessions.find(request.cookies.get(COOKIE, ""))
        if found is None:
            raise SignedOutError
        return found

    def _checked(self) -> Session:
        """Return who posts a form of this session's own; raises SignedOutError or FormPageError."""
        check_own_page(self.frames.base_url)
        session = self._session()
        if not session.check(request.form.get("csrf", "")):
            raise FormPageError(403, "page.other_site")
        return session

    @property
    def path(self) -> str:
        """Return the path of the desk as the browser sees it."""
        return self.frames.path("x").removesuffix("/forms/x") + "/review"

    def _html(self, template: str, status: int = 200, **figures: object) -> Response:
        told = {"payer": self.payer, "say": self.say, "path": self.path}
        text = render_template(f"review/{template}", **(told | figures))
        return Response(text, status, content_type="text/html; charset=utf-8")

    def refuse(self, error: FormPageError) -> AnyResponse:
        """Say that a form is none of this desk's own."""
        return self._html("sign_in.html", error.status, wrong=self.say("page.other_site"))


def blueprint(desk: Desk) -> Blueprint:
    """Return the routes."""
    routes = Blueprint("review", __name__, url_prefix="/review")
    routes.add_url_rule("", "home", desk.home, strict_slashes=False)
    routes.add_url_rule("/sign-in", "sign_in_page", desk.sign_in_page)
    routes.add_url_rule("/sign-in", "sign_in", desk.sign_in, methods=["POST"])
    routes.add_url_rule("/sign-out", "sign_out", desk.sign_out, methods=["POST"])
    routes.add_url_rule("/<name>", "case", desk.case)
    routes.add_url_rule("/<name>/decision", "decide", desk.decide, methods=["POST"])
    routes.add_url_rule("/<name>/attachments/<int:number>", "attachment", desk.attachment)
    routes.register_error_handler(SignedOutError, lambda _: redirect(f"{desk.path}/sign-in", 303))
    routes.register_error_handler(FormPageError, desk.refuse)
    routes.after_request(desk.frames.guard)
    return routes
