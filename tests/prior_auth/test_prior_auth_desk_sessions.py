"""Whose session at the reviewer's desk it is, and when it ends without anybody signing out."""

from dataclasses import replace

import pytest
from msgspec import structs
from sqlalchemy import Engine
from werkzeug.security import generate_password_hash

from cds_service.reviewers.desk_sessions import DeskSessions
from cds_service.reviewers.reviewer_file import Reviewer, Reviewers, Role
from cds_service.reviewers.sign_in_failures import SignInFailures
from cds_service.storage.form_keys import FormKeys


def hashed(password: str) -> str:
    return generate_password_hash(password, method="pbkdf2:sha256:1")


ANN = Reviewer("ann", "Ann Example", Role.REVIEWER, hashed("first"))
BEN = Reviewer("ben", "Ben Example", Role.DIRECTOR, hashed("his"))


@pytest.fixture
def sessions(engine: Engine) -> DeskSessions:
    return after(DeskSessions(Reviewers({}), FormKeys(engine), SignInFailures(engine)), ANN, BEN)


def after(sessions: DeskSessions, *reviewers: Reviewer) -> DeskSessions:
    """The desk with another file of reviewers, on the same store."""
    return replace(sessions, reviewers=Reviewers({one.name: one for one in reviewers}))


@pytest.mark.parametrize("password", ["second", "first"], ids=["another", "the same, hashed anew"])
def test_a_changed_password_ends_the_sessions_of_its_reviewer_and_of_nobody_else(
    sessions: DeskSessions, password: str
) -> None:
    hers, his = [sessions.sign_in("ann", "first") for _ in range(2)], sessions.sign_in("ben", "his")
    changed = after(sessions, structs.replace(ANN, password=hashed(password)), BEN)
    assert [changed.find(one) for one in hers] == [None, None]
    found = changed.find(his)
    assert found is not None
    assert (found.name, found.role) == ("ben", Role.DIRECTOR)
    again = changed.find(changed.sign_in("ann", password))
    assert again is not None


def test_a_session_goes_on_in_another_role_and_not_after_its_reviewer_is_gone(sessions: DeskSessions) -> None:
    key = sessions.sign_in("ann", "first")
    promoted = after(sessions, structs.replace(ANN, role=Role.DIRECTOR), BEN).find(key)
    assert promoted is not None
    assert promoted.role is Role.DIRECTOR
    assert after(sessions, BEN).find(key) is None


def test_the_password_of_one_reviewer_under_the_name_of_another_opens_no_old_session(sessions: DeskSessions) -> None:
    key = sessions.sign_in("ann", "first")
    assert after(sessions, structs.replace(BEN, name="ann")).find(key) is None
