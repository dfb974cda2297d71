"""Signing in at the desk, and out: by name and password of the operator's file, or by the payer's provider."""

from dataclasses import dataclass

from flask import Blueprint, redirect, request
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response as AnyResponse

from cds_service.form_page.form_headers import check_own_link, check_own_page
from cds_service.forms.errors import FormPageError
from cds_service.review_desk.desk_page import COOKIE, DeskPage
from cds_service.reviewers.desk_sessions import DEVICE_MINUTES, SESSION_MINUTES, SignInError
from cds_service.reviewers.provider_checks import ProviderChecks, ProviderLostError
from cds_service.reviewers.provider_sign_in import SIGN_IN_MINUTES, Came, ProviderSignIn, ProviderSignInError
from cds_service.reviewers.sign_in_limits import A_MINUTE, LOCKED, Origin
from cds_service.web.caller import visit

SIGN_IN_COOKIE, DEVICE_COOKIE = "review_sign_in", "review_device"
CALLBACK = "/review/callback"


@dataclass(frozen=True, slots=True)
class SignInPages:
    """The pages of one desk; `by_file` tells that there is a file of reviewers."""

    page: DeskPage
    provider: ProviderSignIn | None
    by_file: bool

    def ask(self) -> AnyResponse:
        """Ask who it is."""
        return self._asked()

    def _asked(self, status: int = 200, wrong: str = "", *, out: bool = False) -> AnyResponse:
        offered = {"by_file": self.by_file, "by_provider": self.provider is not None, "out": out}
        return self.page.html("sign_in.html", status, wrong=wrong, **offered)

    def sign_in(self) -> AnyResponse:
        """Let a reviewer in by name and password."""
        check_own_page(self.page.frames.base_url)
        name, device = request.form.get("name", ""), request.cookies.get(DEVICE_COOKIE, "")
        sessions, origin = self.page.sessions, Origin(visit("").address, device)
        try:
            key = sessions.sign_in(name, request.form.get("password", ""), origin)
        except SignInError as error:
            return self._not_let_in(error)
        answer = self.page.let_in(redirect(self.page.path, 303), key, SESSION_MINUTES)
        if not sessions.is_known(name, device):
            self._cookie(
                answer, DEVICE_COOKIE, sessions.device(name), DEVICE_MINUTES, f"{self.page.path}/sign-in", "Strict"
            )
        return answer

    def _not_let_in(self, error: SignInError) -> AnyResponse:
        if not (error.is_locked or error.is_busy):
            return self._asked(401, self.page.say("review.wrong"))
        answer = self._asked(429, self.page.say("review.locked" if error.is_locked else "review.busy"))
        answer.headers["Retry-After"] = str(int((LOCKED if error.is_locked else A_MINUTE).total_seconds()))
        return answer

    def _cookie(self, answer: AnyResponse, name: str, value: str, minutes: int, path: str, same_site: str) -> None:
        secure = self.page.frames.cookie["secure"]
        answer.set_cookie(name, value, minutes * 60, path=path, secure=secure, httponly=True, samesite=same_site)

    def begin(self) -> AnyResponse:
        """Send the browser to the payer's provider, from a page of ours: something is asked and kept for it."""
        check_own_link()
        begun = self._provider().begin()
        answer = redirect(begun.url, 303)
        self._cookie(answer, SIGN_IN_COOKIE, begun.cookie, SIGN_IN_MINUTES, self._path, "Lax")
        return answer

    def callback(self) -> AnyResponse:
        """Let in whom the provider sends back.

        The next page is asked for by a page of ours: a session's cookie is not sent where another site leads to.
        """
        provider, given = self._provider(), request.args
        returned = (given.get("state", ""), given.get("code", ""), given.get("error", ""), given.get("iss", ""))
        found = provider.finish(Came(*returned, request.cookies.get(SIGN_IN_COOKIE, "")))
        checks = ProviderChecks(provider.provider, provider.keys)
        key = self.page.sessions.admit(found, checks)
        page = self.page.html("signed_in.html", person=found.identity.person)
        answer = self.page.let_in(page, key, checks.minutes(found))
        answer.delete_cookie(SIGN_IN_COOKIE, path=self._path)
        return answer

    def sign_out(self) -> AnyResponse:
        """End the session; where the provider let somebody in, its own can be ended too."""
        session = self.page.checked()
        self.page.sessions.sign_out(request.cookies.get(COOKIE, ""))
        is_by_provider = session.by_provider and self.provider is not None
        answer = self._asked(out=True) if is_by_provider else redirect(f"{self.page.path}/sign-in", 303)
        answer.delete_cookie(COOKIE, path=self.page.path)
        return answer

    def sign_out_there(self) -> AnyResponse:
        """Send the browser to where the session at the provider ends, from a page of ours."""
        check_own_link()
        return redirect(self._provider().end(f"{self.page.frames.base_url}/review/sign-in"), 303)

    def refuse(self, error: ProviderSignInError) -> AnyResponse:
        """Say why the provider let nobody in."""
        return self._asked(error.status, self.page.say.words(error.note))

    def lost(self, _: ProviderLostError) -> AnyResponse:
        """Say that the provider cannot be asked whether somebody may still work here."""
        return self._asked(502, self.page.say("review.provider_failed"))

    def not_ours(self, error: FormPageError) -> AnyResponse:
        """Say that a form is none of this desk's own."""
        return self._asked(error.status, self.page.say("page.other_site"))

    def _provider(self) -> ProviderSignIn:
        if self.provider is None:
            raise NotFound
        return self.provider

    @property
    def _path(self) -> str:
        return f"{self.page.path}/callback"


def add_routes(routes: Blueprint, pages: SignInPages) -> None:
    """Add the addresses to those of the desk."""
    routes.add_url_rule("/sign-in", "sign_in_page", pages.ask)
    routes.add_url_rule("/sign-in", "sign_in", pages.sign_in, methods=["POST"])
    routes.add_url_rule("/sign-out", "sign_out", pages.sign_out, methods=["POST"])
    routes.add_url_rule("/provider", "provider", pages.begin)
    routes.add_url_rule("/provider/sign-out", "sign_out_there", pages.sign_out_there)
    routes.add_url_rule("/callback", "callback", pages.callback)
    routes.register_error_handler(ProviderSignInError, pages.refuse)
    routes.register_error_handler(ProviderLostError, pages.lost)
