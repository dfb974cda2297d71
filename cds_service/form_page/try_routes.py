"""`/try`: a call, or a bare chart with a drug, tried out in the browser. It stores nothing and needs no script.

In open mode it is for whoever sits at this machine; once clients are registered, for an administrator with the token.
"""

from dataclasses import dataclass
from importlib.resources import files

import yaml
from flask import Blueprint, Response, render_template, request

from cds_service.form_page.form_headers import Frames, check_own_page
from cds_service.forms.errors import FormPageError
from cds_service.forms.trial import Asked, TrialError, Tried, tried
from cds_service.forms.trial_policies import TrialPolicies
from cds_service.http.language import spoken
from cds_service.web.caller import Reception
from fhir_mappings.wording import Wording, languages, wording
from hooks.protocol.errors import UnauthorizedError
from hooks.response.service import Answering

_MARKDOWN = str.maketrans("", "", "*\\")


@dataclass(frozen=True, slots=True)
class TryPage:
    """The page of one service."""

    policies: TrialPolicies
    reception: Reception
    frames: Frames

    @property
    def answering(self) -> Answering:
        """Return the service itself."""
        return self.policies.own

    def show(self) -> Response:
        """Show the page with a sample in it; with clients registered also to who has yet to write the token into it."""
        if self.reception.gate.is_open or "Authorization" in request.headers:
            self._check()
        return self._page(Asked(_text(_sample())))

    def run(self) -> Response:
        """Try what was pasted, and show what comes of it."""
        check_own_page(self.frames.base_url)
        self._check()
        given = request.form
        file = request.files.get("file")
        own = file.read().decode("utf-8", "replace") if file is not None and file.filename else ""
        names = ("policy", "day", "version", "delivery")
        asked = Asked(
            own or given.get("text", ""), **{one: given.get(one, "") for one in names}, is_full="full" in given
        )
        try:
            return self._page(asked, tried(self.policies, asked, self._say()))
        except TrialError as error:
            return self._page(asked, faults=error.parts, status=400)

    def _check(self) -> None:
        """Raise FormPageError unless the reader is of this machine in open mode, or an administrator."""
        try:
            reader = self.reception.gate.reader(self.reception.visit(token=request.form.get("token", "")))
        except UnauthorizedError:
            raise FormPageError(403, "page.this_machine") from None
        if not self.reception.gate.is_open and reader.tenant is not None:
            raise FormPageError(403, "try.administrators")

    def _say(self) -> Wording:
        asked = request.values.get("language", "")
        return (wording(asked) if asked in languages() else spoken(self.answering.say)).dated

    def _page(
        self, asked: Asked, found: Tried | None = None, faults: list[str] | None = None, status: int = 200
    ) -> Response:
        text = render_template(
            "try.html",
            payer=self.answering.payer.name,
            say=self._say(),
            asked=asked,
            found=found,
            faults=faults or [],
            choices=self.policies.choices(),
            samples=_index(),
            sample=_sample()[:2],
            languages=languages(),
            needs_token=not self.reception.gate.is_open,
            base_url=self.answering.payer.base_url,
            unmarked=lambda detail: detail.translate(_MARKDOWN),
        )
        return Response(text, status, content_type="text/html; charset=utf-8")


def _index() -> list[dict[str, str]]:
    text = (files("cds_service") / "samples" / "index.yaml").read_text(encoding="utf-8")
    return [{"file": one["file"], "title": one["title"]} for one in yaml.load(text, Loader=yaml.CSafeLoader)]


def _sample() -> str:
    """Return the sample that is chosen by the beginning of its name; by default the fifth, which has a point open."""
    start = request.values.get("sample", "")
    names = [one["file"] for one in _index()]
    return next((one for one in names if start and one.startswith(start)), names[4])


def _text(name: str) -> str:
    return (files("cds_service") / "samples" / name).read_text(encoding="utf-8")


def blueprint(page: TryPage) -> Blueprint:
    """Return the routes."""
    routes = Blueprint("trying", __name__, url_prefix="/try")

    def refuse(error: FormPageError) -> Response:
        text = spoken(page.answering.say)(error.key, **error.figures)
        say = spoken(page.answering.say)
        shown = render_template("forms/refused.html", payer=page.answering.payer.name, say=say, text=text)
        return Response(shown, error.status, content_type="text/html; charset=utf-8")

    routes.add_url_rule("", "show", page.show)
    routes.add_url_rule("", "run", page.run, methods=["POST"])
    routes.register_error_handler(FormPageError, refuse)
    routes.after_request(page.frames.guard)
    return routes
