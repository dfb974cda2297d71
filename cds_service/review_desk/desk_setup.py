"""The reviewer's desk, put together by the settings; loaded only where there is one."""

from flask import Blueprint

from cds_service.app.settings import Settings
from cds_service.form_page.form_headers import Frames
from cds_service.forms.details import Shelves
from cds_service.prior_auth.operations import PriorAuth
from cds_service.review_desk import desk_routes
from cds_service.review_desk.desk_page import DeskPage
from cds_service.review_desk.letters import Letters
from cds_service.review_desk.sign_in_routes import CALLBACK, SignInPages
from cds_service.reviewers.desk_sessions import DeskSessions
from cds_service.reviewers.identity_provider import IdentityProvider
from cds_service.reviewers.provider_checks import ProviderChecks
from cds_service.reviewers.provider_sign_in import ProviderSignIn
from cds_service.reviewers.reviewer_file import Reviewers, read_reviewers
from cds_service.reviewers.sign_in_failures import SignInFailures
from cds_service.storage.archive import Archive
from cds_service.storage.form_keys import FormKeys
from hooks.response.service import Answering


def blueprint(settings: Settings, service: Answering, archive: Archive, prior_auth: PriorAuth) -> Blueprint:
    """Return the desk of the reviewers whom the operator names, or the provider; raises ReviewerError."""
    reviewers = read_reviewers(settings.reviewers_file) if settings.reviewers_file else Reviewers({})
    keys, payer = FormKeys(archive.engine), service.payer
    by_provider = IdentityProvider(settings.review_provider) if settings.review_provider.issuer else None
    checks = ProviderChecks(by_provider, keys) if by_provider is not None else None
    sessions = DeskSessions(reviewers, keys, SignInFailures(archive.engine), checks)
    page = DeskPage(sessions, service.say.uncited, Frames((), payer.base_url), payer.name)
    desk = desk_routes.Desk(
        page=page,
        cases=prior_auth.cases,
        lists=prior_auth.lists,
        shelves=Shelves(archive, service),
        decisions=prior_auth.decisions,
        letters=Letters(archive, service.judge.catalogue, payer.name, settings.letters.appeal_rights, service.say),
        now=prior_auth.submission.now,
        director_denies=settings.denials_by_director,
    )
    provider = ProviderSignIn(by_provider, keys, f"{payer.base_url}{CALLBACK}") if by_provider is not None else None
    return desk_routes.blueprint(desk, SignInPages(page, provider, bool(settings.reviewers_file)))
