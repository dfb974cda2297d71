"""What every page of the desk shares: its path as the browser sees it, the templates, the cookie of a session."""

from dataclasses import dataclass

from flask import Response, render_template, request
from werkzeug.wrappers import Response as AnyResponse

from cds_service.form_page.form_headers import Frames, check_own_page
from cds_service.forms.errors import FormPageError
from cds_service.reviewers.desk_sessions import DeskSessions, Session
from fhir_mappings.wording import Wording

COOKIE = "review_desk"


class SignedOutError(Exception):
    """Nobody is signed in."""


@dataclass(frozen=True, slots=True)
class DeskPage:
    """The frame of the pages, and who looks at them."""

    sessions: DeskSessions
    say: Wording
    frames: Frames
    payer: str

    @property
    def path(self) -> str:
        """Return the path of the desk as the browser sees it."""
        return self.frames.path("x").removesuffix("/forms/x") + "/review"

    def html(self, template: str, status: int = 200, **figures: object) -> Response:
        """Return a page of the desk."""
        values = {"payer": self.payer, "say": self.say, "path": self.path}
        text = render_template(f"review/{template}", **(values | figures))
        return Response(text, status, content_type="text/html; charset=utf-8")

    def session(self) -> Session:
        """Return who is signed in; raises SignedOutError."""
        found = self.sessions.find(request.cookies.get(COOKIE, ""))
        if found is None:
            raise SignedOutError
        return found

    def checked(self) -> Session:
        """Return who posts a form of this session's own; raises SignedOutError or FormPageError."""
        check_own_page(self.frames.base_url)
        session = self.session()
        if not session.check(request.form.get("csrf", "")):
            raise FormPageError(403, "page.other_site")
        return session

    def let_in(self, answer: AnyResponse, key: str, minutes: int) -> AnyResponse:
        """Give the browser the key of a session; no other site's page can have it sent along."""
        secure = self.frames.cookie["secure"]
        answer.set_cookie(COOKIE, key, minutes * 60, path=self.path, secure=secure, httponly=True, samesite="Strict")
        return answer
