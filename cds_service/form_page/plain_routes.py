"""The form page without a script: shown where LHC-Forms is not there, or where `?plain` is asked for."""

from dataclasses import dataclass

import orjson
from flask import Blueprint, Response, redirect, request
from werkzeug.wrappers import Response as AnyResponse

from cds_service.dtr.errors import DtrError, DtrIssue
from cds_service.form_page.form_headers import check_own_page
from cds_service.form_page.form_routes import FormPages, standing
from cds_service.forms.form_case import Case
from cds_service.forms.plain_form import Upload, fields, response
from cds_service.forms.submission import take


@dataclass(frozen=True, slots=True)
class PlainPages:
    """The form in plain HTML, beside the one that a script renders."""

    pages: FormPages
    has_renderer: bool

    def page(self, link: str) -> AnyResponse:
        """Show the form: by the script where it is there, unless the plain one is asked for."""
        case = self.pages.case(link)
        if self.has_renderer and "plain" not in request.args:
            return self.pages.html("form.html")
        return self._shown(link, case)

    def respond(self, link: str) -> AnyResponse:
        """Take what was typed, and show the determination, or the form again with what is wrong."""
        check_own_page(self.pages.base_url)
        case = self.pages.case(link)
        came = response(case.questionnaire, request.form, _uploads())
        try:
            take(self.pages.taking, case, orjson.dumps(came))
        except DtrError as error:
            return self._shown(link, case, error)
        return redirect(f"{self.pages.url(link)}/determination", 303)

    def _shown(self, link: str, case: Case, error: DtrError | None = None) -> Response:
        typed = request.form if error is not None else None
        faults: tuple[DtrIssue, ...] = error.issues if error is not None else ()
        say = self.pages.say
        shown = tuple(fields(case, say, typed))
        return self.pages.html(
            "plain.html",
            error.fault.status if error is not None else 200,
            case=case,
            fields=shown,
            names={one.link_id: one.text for one in shown},
            faults=faults,
            author=request.form.get("author", ""),
            patient=self.pages.cases.patient(case, say),
            standing=standing(case.counted(say), say),
            gap=case.gap(say),
            drawn=self.pages.shelves.timeline_of(case.kept.determination, say),
            action=f"{self.pages.frames.path(link)}/plain",
        )


def _uploads() -> dict[str, list[Upload]]:
    return {
        name: [Upload(one.filename or "", one.mimetype, one.read()) for one in request.files.getlist(name)]
        for name in request.files
    }


def add_routes(routes: Blueprint, plain: PlainPages) -> None:
    """Add the page, and where its plain form is sent."""
    routes.add_url_rule("/<link>", "page", plain.page)
    routes.add_url_rule("/<link>/plain", "plain", plain.respond, methods=["POST"])
