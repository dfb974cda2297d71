"""Notices of a decision: to whom, in which language, with which reason, and none without the right to appeal."""

import html
import re
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from cds_service.app.settings import LetterSettings, SettingsError
from cds_service.app.settings_file import load
from tests.databases import SQLITE
from tests.prior_auth.conftest import BASE, Making, Payer
from tests.prior_auth.request_bundles import changed, items_of, request_of, response, sample
from tests.prior_auth.test_prior_auth_desk import AGAINST, OPEN, decided, page, reviewers_file, signed_in

__all__ = ["reviewers_file"]
DATABASES = (SQLITE,)
"""What is written does not depend on where it is kept."""
APPEAL = {"en": "You have 65 days to appeal: 1-800-555-0100.", "es": "Tiene 65 días para apelar: 1-800-555-0100."}
CRITERION = "HER2 immunohistochemistry 3+"


@pytest.fixture
def desk(paying: Making, reviewers_file: Path) -> Payer:
    return paying(reviewers_file=str(reviewers_file), letters=LetterSettings(APPEAL))


def asked(desk: Payer, name: str, **item: Any) -> str:
    request = request_of(sample(name))
    (one,) = items_of(request)
    return str(response(desk.submit(changed(request, item=[one | item])))["id"])


def letter(client: FlaskClient, name: str, reader: str, language: str = "en", status: int = 200) -> str:
    reply = client.get(f"/review/{name}/letters/1/{reader}?language={language}", base_url=BASE)
    assert reply.status_code == status, reply.text
    found = re.search(r"<article.*</article>", reply.text, re.DOTALL)
    return html.unescape(found[0] if found else reply.text)


@pytest.mark.parametrize(
    ("reader", "language", "words"),
    [
        ("member", "en", "We approved this request."),
        ("provider", "en", "This request is approved."),
        ("member", "es", "Aprobamos esta solicitud."),
        ("provider", "es", "Esta solicitud está aprobada."),
    ],
)
def test_an_approval_tells_number_and_days(desk: Payer, reader: str, language: str, words: str) -> None:
    name = asked(desk, OPEN)
    client = signed_in(desk)
    decided(client, name, "approved")
    told = letter(client, name, reader, language)
    number = re.search(r"PA[0-9A-F]{12}", told)
    assert words in told
    assert number is not None
    assert number[0] in page(client, f"/review/{name}")
    assert APPEAL[language] not in told
    assert f'lang="{language}"' in told


@pytest.mark.parametrize("reader", ["member", "provider"])
@pytest.mark.parametrize(
    ("language", "words", "criterion"),
    [("en", "approve", CRITERION), ("es", "aprob", "Inmunohistoquímica de HER2 3+")],
)
def test_a_denial_tells_criterion_reason_policy_and_the_right_to_appeal(
    desk: Payer, reader: str, language: str, words: str, criterion: str
) -> None:
    name = asked(desk, AGAINST)
    client = signed_in(desk)
    decided(client, name, "denied", criterion=CRITERION, words="IHC is 1+ <b>.", evidence="Seen by phone.")
    told = letter(client, name, reader, language)
    for one in (words, criterion, "IHC is 1+ <b>.", APPEAL[language]):
        assert one in told
    assert ("free of charge" in told) == (language == "en")
    assert "Seen by phone." not in told
    assert "Rita" not in told


def test_an_approval_with_changes_tells_what_was_asked_and_how_to_appeal(desk: Payer) -> None:
    name = asked(desk, OPEN, servicedPeriod={"start": "2026-12-01", "end": "2027-03-31"})
    client = signed_in(desk)
    decided(client, name, "changed", end="2027-01-31", units="400", words="Two months first.")
    told = letter(client, name, "member")
    for one in (
        "in part",
        "Dec 1, 2026 - Mar 31, 2027",
        "Jan 31, 2027",
        "400 billing units",
        "Two months first.",
        APPEAL["en"],
    ):
        assert one in told


def test_the_machines_approval_has_a_notice_too(desk: Payer) -> None:
    assert "We approved" in letter(signed_in(desk), asked(desk, "01"), "member")


def test_what_is_not_decided_has_none(desk: Payer) -> None:
    name = asked(desk, OPEN)
    client = signed_in(desk)
    assert "/letters/" not in page(client, f"/review/{name}")
    letter(client, name, "member", status=409)
    decided(client, name, "asked", words="Please send the report.")
    letter(client, name, "member", status=409)


@pytest.mark.parametrize(
    "path", ["letters/2/member", "letters/1/nobody", "letters/1/member?language=xx", "letters/1/member?language=../en"]
)
def test_what_is_no_notice_is_not_found(desk: Payer, path: str) -> None:
    name = asked(desk, "01")
    assert signed_in(desk).get(f"/review/{name}/{path}", base_url=BASE).status_code == 404


def test_nobody_reads_a_notice_without_a_session(desk: Payer) -> None:
    name = asked(desk, "01")
    assert desk.client.get(f"/review/{name}/letters/1/member", base_url=BASE).status_code == 303


def test_a_denial_has_no_notice_until_the_operator_worded_the_right_to_appeal(
    paying: Making, reviewers_file: Path
) -> None:
    desk = paying(reviewers_file=str(reviewers_file), letters=LetterSettings({"en": APPEAL["en"]}))
    name = asked(desk, AGAINST)
    client = signed_in(desk)
    decided(client, name, "denied", criterion=CRITERION, words="IHC is 1+.")
    assert APPEAL["en"] in letter(client, name, "member")
    assert "letters.appeal_rights.es" in letter(client, name, "member", "es", 409)


def test_a_language_that_there_is_not_stops_the_start(tmp_path: Path) -> None:
    (tmp_path / "cds-service.toml").write_text('[letters.appeal_rights]\nxx = "?"\n', encoding="utf-8")
    with pytest.raises(SettingsError, match="appeal_rights"):
        load({}, tmp_path)
