"""The SMART launch of the form page: `/forms/launch`, which the record system opens, and `/forms/callback`."""

from dataclasses import dataclass

from flask import Blueprint, redirect, request
from werkzeug.wrappers import Response as AnyResponse

from cds_service.form_page.form_routes import FormPages
from cds_service.forms.errors import FormPageError
from cds_service.forms.smart_launch import LAUNCH_MINUTES, Launching
from cds_service.storage.form_keys import Given, Kind

COOKIE = "form_launch"
CALLBACK = "/forms/callback"


@dataclass(frozen=True, slots=True)
class Launches:
    """The two addresses of a launch."""

    pages: FormPages
    launching: Launching
    link_minutes: int

    def launch(self) -> AnyResponse:
        """Send the browser to where the record system authorizes."""
        begun = self.launching.begin(request.args.get("iss", ""), request.args.get("launch", ""))
        answer = redirect(begun.url)
        answer.set_cookie(COOKIE, begun.cookie, LAUNCH_MINUTES * 60, path=self._path, **self.pages.frames.cookie)
        return answer

    def callback(self) -> AnyResponse:
        """Let the reader in to the form that the launch is about, by a link and a visit of its own."""
        if "error" in request.args:
            raise FormPageError(403, "page.launch_failed")
        state, code = request.args.get("state", ""), request.args.get("code", "")
        determination = self.launching.finish(state, code, request.cookies.get(COOKIE, ""))
        link = self.launching.keys.give(Given(Kind.LINK, determination), self.link_minutes)
        answer = self.pages.let_in(link, self.pages.doors.begin(determination))
        answer.delete_cookie(COOKIE, path=self._path, **self.pages.frames.cookie)
        return answer

    @property
    def _path(self) -> str:
        return self.pages.frames.path("callback")


def launches(pages: FormPages, link_minutes: int) -> Launches:
    """Put the launch of the pages of a service together; without registered clients nobody can launch."""
    verifier = pages.doors.gate.verifier
    clients = tuple(verifier.clients.values()) if verifier is not None else ()
    callback = f"{pages.base_url}{CALLBACK}"
    launching = Launching(clients, pages.doors.keys, pages.doors.archive, pages.cases.forms, callback)
    return Launches(pages, launching, link_minutes)


def add_routes(routes: Blueprint, launched: Launches) -> None:
    """Add the addresses of a launch to those of the page."""
    routes.add_url_rule("/launch", "launch", launched.launch)
    routes.add_url_rule("/callback", "callback", launched.callback)
