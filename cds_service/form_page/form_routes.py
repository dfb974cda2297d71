"""The page on which a form is answered, behind a link that expires. `docs/form-page.md` says who sees what.

The page itself holds nothing of a patient: what it shows is asked for by its script, once the reader is known.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from flask import Blueprint, Response, get_template_attribute, redirect, render_template, request
from werkzeug.wrappers import Response as AnyResponse

from cds_service.database.transactions import StoreError
from cds_service.dtr.answered_form import AnsweredForms
from cds_service.dtr.errors import DtrError, Fault
from cds_service.form_page.form_headers import Frames, check_own_page
from cds_service.forms.details import Shelves
from cds_service.forms.errors import FormPageError, SignInNeededError
from cds_service.forms.form_case import Case, Cases
from cds_service.forms.link_access import VISIT_MINUTES, Doors
from cds_service.forms.submission import take
from cds_service.http.language import spoken
from cds_service.logs import LOG
from cds_service.web.caller import Reception
from cds_service.web.errors import RETRY_SECONDS, fhir_reply, reply, store_failed
from cds_service.web.fhir_base import refused
from cds_service.web.read_notes import DETERMINATION, FORM, shows
from fhir_mappings.wording import Wording
from hooks.protocol.errors import UnauthorizedError
from hooks.protocol.payer import Payer
from hooks.records.register_port import RegisterError

COOKIE = "form_visit"
_SCRIPT_WORDS = (
    *(
        "ended",
        "failed",
        "filled_in",
        "answered_of",
        "not_sent",
        "not_needed",
        "saved",
        "show_all",
        "hide_all",
        "so_far",
    ),
    *("complete", "no", "yes"),
)
"""What the script of the page says, by the ends of their keys."""
_FIGURES = ("n", "of")
"""What the script fills in itself: it stands in its sentences as {}, in this order."""
_RENDERER_WORDS = (
    *("booleanYes", "booleanNo", "booleanNotAnswered", "placeholderTypeANumber", "placeholderTypeAValue"),
    *("requiresAValue", "mustBeGreaterOrEqual", "mustBeLessOrEqual", "INT", "REAL"),
)
"""What LHC-Forms says, by its own names for it (`web/lforms.json` lays them open)."""
_FHIR_JSON = "application/fhir+json"


@dataclass(frozen=True, slots=True)
class FormPages:
    """The pages of one service."""

    reception: Reception
    payer: Payer
    own_words: Wording
    doors: Doors
    cases: Cases
    shelves: Shelves
    answered: AnsweredForms
    frames: Frames

    @property
    def say(self) -> Wording:
        """Return the sentences of the reader's language, by what the browser asks for; else the service's own.

        Records are named by what people recognise.
        """
        return spoken(self.own_words).uncited

    @property
    def taking(self) -> AnsweredForms:
        """Return what takes answers, and says to the reader what is wrong with them."""
        return self.answered.speaking(self.say)

    def sign_in(self, link: str) -> AnyResponse:
        """Let a reader in by a client's token: as bearer, or as the field `token` of a form that a browser posts.

        Raises FormPageError for a link that is none, before anything is said of it.
        """
        if self.doors.gate.is_open:
            self.doors.determination(link)
            return redirect(self.url(link), 303)
        token = request.form.get("token", "")
        try:
            key = self.doors.sign_in(link, self.reception.visit(token=token))
        except UnauthorizedError as error:
            LOG.info("refused", extra={"fields": {"status": 401, "error": type(error).__name__}})
            return self.html("sign_in.html", 401, refused="; ".join(one.text for one in error.issues))
        return self.let_in(link, key)

    def let_in(self, link: str, key: str) -> AnyResponse:
        """Send a reader to the form, with a visit in a cookie that no script can read."""
        answer = redirect(self.url(link), 303)
        self.give_visit(answer, link, key)
        return answer

    def give_visit(self, answer: AnyResponse, link: str, key: str) -> None:
        """Put the key of a visit into the cookie of a form."""
        answer.set_cookie(COOKIE, key, VISIT_MINUTES * 60, path=self.frames.path(link), **self.frames.cookie)

    def content(self, link: str) -> Response:
        """Answer with what the page renders."""
        case, say = self.case(link), self.say
        about = {
            "title": case.questionnaire["title"],
            "patient": self.cases.patient(case, say),
            "standing": case.counted(say),
            "standing_words": standing(case.counted(say), say),
            "gap": case.gap(say),
            "timeline": self.timeline(case, say),
        }
        words = {name: say(f"script.{name}", **dict.fromkeys(_FIGURES, "{}")) for name in _SCRIPT_WORDS}
        renderer = {name: say(f"renderer.{name}", bound="{lformsParam}") for name in _RENDERER_WORDS}
        return reply(case.shown(say) | {"about": about, "words": words, "renderer": renderer})

    def timeline(self, case: Case, say: Wording) -> str:
        """Return the picture and the table of what was given and found, as markup; empty where it cannot be drawn."""
        drawn = self.shelves.timeline_of(case.kept.determination, say)
        if drawn is None:
            return ""
        macro = get_template_attribute("parts/timeline.html", "timeline")
        return str(macro(drawn.words, drawn.picture, say))

    def respond(self, link: str) -> Response:
        """Take what was answered on the page."""
        check_own_page(self.base_url)
        if request.mimetype != _FHIR_JSON:
            raise DtrError(Fault.MEDIA, f"send {_FHIR_JSON}")
        accepted = take(self.taking, self.case(link), request.get_data(cache=False))
        return fhir_reply(accepted.resource, 201 if accepted.is_new else 200)

    def determination(self, link: str) -> AnyResponse:
        """Show what was determined and why: the timeline, each criterion with its evidence, and what is still open."""
        name = self._seen(link)
        found = self.shelves.read(name, self.say)
        shows(DETERMINATION, name, found.kept.tenant)
        has_form = bool((found.report.get("coverage_information") or {}).get("questionnaire"))
        return self.html("determination.html", details=found, link=link, has_form=has_form)

    def refuse(self, error: FormPageError) -> AnyResponse:
        """Say why a page is not shown, and how to be let in."""
        if isinstance(error, SignInNeededError):
            return self.html("sign_in.html", error.status)
        text = self.say(error.key, payer=self.payer.name, **error.figures)
        return self.html("refused.html", error.status, text=text)

    def store_failed(self, error: StoreError | RegisterError) -> Response:
        """Say to a reader that nothing can be shown or kept at the moment; a script of ours is answered as ever."""
        if "text/html" not in request.headers.get("Accept", ""):
            return store_failed(error)
        LOG.error("the store failed", extra={"fields": {"error": str(error)}})
        answer = self.html("refused.html", 503, text=self.say("page.store_failed"))
        answer.headers["Retry-After"] = RETRY_SECONDS
        return answer

    def html(self, template: str, status: int = 200, **figures: object) -> Response:
        """Return a page."""
        payer, say = self.payer.name, self.say
        text = render_template(f"forms/{template}", payer=payer, say=say, **figures)
        return Response(text, status, content_type="text/html; charset=utf-8")

    def case(self, link: str) -> Case:
        """Return the case behind a link, for a reader who may see it; raises FormPageError."""
        determination = self._seen(link)
        case = self.cases.read(determination, self.say)
        shows(FORM, determination, case.kept.tenant)
        return case

    def _seen(self, link: str) -> str:
        """Return the id of the determination behind a link, for a reader who may see it; raises FormPageError."""
        determination = self.doors.determination(link)
        self.doors.check(determination, request.cookies.get(COOKIE, ""), self.reception.visit())
        return determination

    def url(self, link: str) -> str:
        """Return the address of a form."""
        return self.payer.form_page(link)

    @property
    def base_url(self) -> str:
        """Return the address under which clients know this service."""
        return self.payer.base_url


def standing(counted: Mapping[str, int], say: Wording) -> list[str]:
    """Return how many questions are filled in, answered before and open, in words."""
    answered, open_ = counted.get("answered", 0), counted.get("open", 0)
    return [
        say("page.filled", n=counted.get("chart", 0)),
        *([say("page.answered_before", n=answered)] if answered else ()),
        say("page.open_count", n=open_) if open_ else say("page.nothing_open"),
    ]


def blueprint(pages: FormPages) -> Blueprint:
    """Return the routes."""
    routes = Blueprint("forms", __name__, url_prefix="/forms")
    routes.add_url_rule("/<link>", "sign_in", pages.sign_in, methods=["POST"])
    routes.add_url_rule("/<link>/content", "content", pages.content)
    routes.add_url_rule("/<link>/response", "respond", pages.respond, methods=["POST"])
    routes.add_url_rule("/<link>/determination", "determination", pages.determination)
    routes.register_error_handler(FormPageError, pages.refuse)
    routes.register_error_handler(DtrError, refused)
    for one in (StoreError, RegisterError):
        routes.register_error_handler(one, pages.store_failed)
    routes.after_request(pages.frames.guard)
    return routes
