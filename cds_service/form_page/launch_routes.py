"""The SMART launch of the form page: `/forms/launch`, which the record system opens, and `/forms/callback`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from flask import Blueprint, redirect, request
from werkzeug.wrappers import Response as AnyResponse

from cds_service.form_page.form_routes import FormPages
from cds_service.forms.errors import FormPageError
from cds_service.forms.smart_launch import LAUNCH_MINUTES, Launching
from cds_service.storage.archive import Kept
from cds_service.storage.form_keys import Given, Kind
from fhir_mappings.forms.form import Form

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
        """Let the reader in to the form that the launch is about, by a link and a visit of its own.

        Of several open forms of the patient the reader chooses; each has its link and its visit.
        """
        if "error" in request.args:
            raise FormPageError(403, "page.launch_failed")
        state, code = request.args.get("state", ""), request.args.get("code", "")
        found = self.launching.finish(state, code, request.cookies.get(COOKIE, ""))
        links = {one.determination: self._link(one) for one in found}
        answer = self._choice(found, links) if len(found) > 1 else redirect(self.pages.url(*links.values()), 303)
        for one in found:
            self.pages.give_visit(answer, links[one.determination], self.pages.doors.begin(one.determination))
        answer.delete_cookie(COOKIE, path=self._path, **self.pages.frames.cookie)
        return answer

    def _link(self, kept: Kept) -> str:
        return self.launching.keys.give(Given(Kind.LINK, kept.determination), self.link_minutes)

    def _choice(self, found: Sequence[Kept], links: Mapping[str, str]) -> AnyResponse:
        """Offer the open forms of the patient in context, the newest first."""
        offered = [_Offered.of(one, self.pages.url(links[one.determination]), self.launching.forms) for one in found]
        return self.pages.html("choose.html", offered=offered)

    @property
    def _path(self) -> str:
        return self.pages.frames.path("callback")


@dataclass(frozen=True, slots=True)
class _Offered:
    """An open form as it is offered: its address, title, order, the day of the order's call, and open questions."""

    url: str
    title: str
    order: str
    day: date
    questions: int

    @classmethod
    def of(cls, kept: Kept, url: str, forms: Mapping[str, Form]) -> "_Offered":
        of_policy = (
            one for one in forms.values() if one.policy.id == kept.policy and one.request.value == kept.request
        )
        title = next((one.policy.title for one in of_policy), kept.policy)
        return cls(url, title, kept.order, kept.today, len(kept.report["questions"]))


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
