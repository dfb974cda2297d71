"""How many passwords are looked at at the desk, and that nobody who tries many locks out who works there."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from threading import Event

import pytest
from sqlalchemy import Engine, select

from cds_service.encryption.tenant_keys import use_keys
from cds_service.reviewers.desk_sessions import DeskSessions, SignInError
from cds_service.reviewers.reviewer_file import Reviewer, Reviewers
from cds_service.reviewers.sign_in_failures import SignInFailures
from cds_service.reviewers.sign_in_limits import (
    LOCKED,
    MOST_FAILURES,
    MOST_OF_ADDRESS,
    MOST_OF_NAME,
    BusyError,
    Origin,
    Turns,
)
from cds_service.storage.form_keys import FormKeys
from cds_service.storage.tables import SIGN_IN_FAILURES
from tests.prior_auth.conftest import BASE, Payer
from tests.prior_auth.test_prior_auth_desk import PASSWORD, browser, desk, posted, reviewers_file
from tests.prior_auth.test_prior_auth_desk_sessions import ANN, BEN
from tests.storage.test_storage_encryption import FIRST, ring

__all__ = ["desk", "reviewers_file"]
RIGHT, WRONG = "first", "wrong"
HERS, STRANGE = "192.0.2.7", "198.51.100.9"


class Clock:
    """A clock that stands until it is moved."""

    def __init__(self) -> None:
        self.at = datetime(2026, 11, 25, 9, tzinfo=UTC)

    def now(self) -> datetime:
        return self.at


@dataclass(frozen=True)
class Counting(Reviewers):
    """Reviewers who count how many passwords were looked at."""

    looked_at: list[str] = field(default_factory=list)

    def signed_in(self, name: str, password: str) -> Reviewer | None:
        self.looked_at.append(name)
        found = self.known.get(name)
        return found if found is not None and password == RIGHT else None


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def sessions(engine: Engine, clock: Clock) -> DeskSessions:
    known = Counting({"ann": ANN, "ben": BEN})
    return DeskSessions(
        known, FormKeys(engine, clock.now), SignInFailures(engine, clock.now), turns=Turns(most_a_minute=10_000)
    )


def looked_at(sessions: DeskSessions) -> int:
    assert isinstance(sessions.reviewers, Counting)
    return len(sessions.reviewers.looked_at)


def refused(sessions: DeskSessions, name: str, password: str, origin: Origin) -> str:
    """Try to sign in; return why nobody is let in, empty for who is."""
    try:
        sessions.sign_in(name, password, origin)
    except SignInError as error:
        return str(error)
    return ""


def many(sessions: DeskSessions, times: int, names: Iterator[str], origins: Iterator[Origin]) -> list[str]:
    return [
        refused(sessions, name, WRONG, origin) for _, name, origin in zip(range(times), names, origins, strict=False)
    ]


def always(origin: Origin) -> Iterator[Origin]:
    while True:
        yield origin


def numbered(of: str) -> Iterator[str]:
    yield from (f"{of}{number}" for number in range(10_000))


def named(name: str) -> Iterator[str]:
    while True:
        yield name


def from_everywhere() -> Iterator[Origin]:
    yield from (Origin(one) for one in numbered("203.0.113."))


def test_of_a_name_from_one_address_so_many_are_looked_at(sessions: DeskSessions) -> None:
    found = many(sessions, 12, named("ann"), always(Origin(STRANGE)))
    assert found == ["wrong"] * (MOST_FAILURES - 1) + ["locked"] * 8
    assert looked_at(sessions) == MOST_FAILURES
    assert refused(sessions, "ann", RIGHT, Origin(STRANGE)) == "locked"
    assert refused(sessions, "ann", RIGHT, Origin(HERS)) == "", "another address is not locked with it"
    assert refused(sessions, "ben", RIGHT, Origin(STRANGE)) == "", "nor another name"


def test_a_name_that_ends_in_an_address_is_another_name(sessions: DeskSessions) -> None:
    many(sessions, 12, named(f"ann\n{HERS}"), from_everywhere())
    assert refused(sessions, "ann", RIGHT, Origin(HERS)) == ""


def test_of_an_address_so_many_are_looked_at_whatever_the_names(sessions: DeskSessions) -> None:
    many(sessions, 60, numbered("n"), always(Origin(STRANGE)))
    assert looked_at(sessions) == MOST_OF_ADDRESS
    assert refused(sessions, "ann", RIGHT, Origin(STRANGE)) == "locked"
    assert refused(sessions, "ann", RIGHT, Origin(HERS)) == ""


def test_of_a_name_so_many_are_looked_at_whatever_the_addresses(sessions: DeskSessions) -> None:
    many(sessions, 120, named("ann"), from_everywhere())
    assert looked_at(sessions) == MOST_OF_NAME


def test_where_a_proxy_hides_the_address_a_name_is_counted_all_the_same(sessions: DeskSessions) -> None:
    many(sessions, 20, named("ann"), always(Origin()))
    assert looked_at(sessions) == MOST_FAILURES
    assert refused(sessions, "ben", RIGHT, Origin()) == ""


def test_a_known_browser_is_locked_out_by_nobody_else(sessions: DeskSessions) -> None:
    sessions.sign_in("ann", RIGHT, Origin(HERS))
    known = Origin(HERS, sessions.device("ann"))
    many(sessions, 120, named("ann"), from_everywhere())
    many(sessions, 120, named("ann"), always(Origin(HERS)))
    assert refused(sessions, "ann", RIGHT, Origin(HERS)) == "locked"
    assert refused(sessions, "ann", RIGHT, known) == ""
    assert refused(sessions, "ben", WRONG, replace(known, address="192.0.2.99")) == "wrong", "it is hers alone"


def test_a_known_browser_has_so_many_itself(sessions: DeskSessions) -> None:
    known = Origin(HERS, sessions.device("ann"))
    assert many(sessions, 12, named("ann"), always(known)) == ["wrong"] * (MOST_FAILURES - 1) + ["locked"] * 8
    assert looked_at(sessions) == MOST_FAILURES


@pytest.mark.parametrize("device", ["", "made up", "x" * 10_000])
def test_a_key_of_no_browser_counts_for_nothing(sessions: DeskSessions, device: str) -> None:
    many(sessions, 12, named("ann"), always(Origin(STRANGE, device)))
    assert looked_at(sessions) == MOST_FAILURES
    assert refused(sessions, "ann", RIGHT, Origin(STRANGE)) == "locked", "and is no name of its own"


@pytest.mark.parametrize(("after", "said"), [(LOCKED - timedelta(seconds=1), "locked"), (LOCKED, "")])
def test_a_lock_ends(sessions: DeskSessions, clock: Clock, after: timedelta, said: str) -> None:
    many(sessions, MOST_FAILURES, named("ann"), always(Origin(STRANGE)))
    clock.at += after
    assert refused(sessions, "ann", RIGHT, Origin(STRANGE)) == said


def test_tries_that_are_not_looked_at_do_not_make_a_lock_longer(sessions: DeskSessions, clock: Clock) -> None:
    many(sessions, MOST_FAILURES, named("ann"), always(Origin(STRANGE)))
    clock.at += LOCKED - timedelta(seconds=1)
    many(sessions, 50, named("ann"), always(Origin(STRANGE)))
    clock.at += timedelta(seconds=1)
    assert refused(sessions, "ann", RIGHT, Origin(STRANGE)) == ""


def test_who_is_let_in_has_all_tries_again_and_an_address_none_back(sessions: DeskSessions) -> None:
    for _ in range(4):
        many(sessions, MOST_FAILURES - 1, named("ann"), always(Origin(HERS)))
        assert refused(sessions, "ann", RIGHT, Origin(HERS)) == ""
    assert many(sessions, 8, numbered("n"), always(Origin(HERS))) == ["wrong"] * 3 + ["locked"] * 5


def test_however_many_come_at_once_no_more_are_looked_at(sessions: DeskSessions) -> None:
    with ThreadPoolExecutor(16) as pool:
        found = list(pool.map(lambda _: refused(sessions, "ann", WRONG, Origin(STRANGE)), range(40)))
    assert looked_at(sessions) <= MOST_FAILURES
    assert "" not in found


def test_so_many_are_looked_at_at_once_and_in_a_minute(engine: Engine) -> None:
    turns, inside, go_on = Turns(wait_seconds=0.01), [Event(), Event()], Event()

    def held(number: int) -> None:
        with turns.taken(Origin(STRANGE)):
            inside[number].set()
            assert go_on.wait(20)

    with ThreadPoolExecutor(2) as pool:
        for number in range(2):
            pool.submit(held, number)
        assert all(one.wait(20) for one in inside)
        with pytest.raises(BusyError), turns.taken(Origin(HERS)):
            pass
        with turns.taken(Origin(HERS, "known")):
            go_on.set()
    few = Turns(most_a_minute=3)
    for _ in range(3):
        with few.taken(Origin(STRANGE)):
            few.failed(Origin(STRANGE))
    with pytest.raises(BusyError), few.taken(Origin(HERS)):
        pass
    with few.taken(Origin(HERS, "known")):
        few.failed(Origin(HERS, "known"))


def test_what_was_typed_as_a_name_is_kept_under_a_key(sessions: DeskSessions, engine: Engine) -> None:
    def kept() -> set[str]:
        with engine.connect() as connection:
            return set(connection.execute(select(SIGN_IN_FAILURES.c.name)).scalars())

    many(sessions, MOST_FAILURES - 1, named("hunter2"), always(Origin(STRANGE)))
    plain = kept()
    use_keys(engine, ring(FIRST))
    many(sessions, 1, named("hunter2"), always(Origin(STRANGE)))
    assert all(one.startswith("k") for one in kept() - plain)
    assert kept() - plain


def test_the_browser_is_known_after_a_sign_in_and_told_when_to_come_again(desk: Payer) -> None:
    client = browser(desk)
    assert posted(client, "/review/sign-in", name="rita", password=PASSWORD).status_code == 303
    kept = client.get_cookie("review_device", path="/review/sign-in", domain="cds.example.org")
    assert kept is not None
    assert (kept.http_only, kept.secure, kept.same_site) == (True, True, "Strict")
    for _ in range(MOST_FAILURES + 1):
        refusal = posted(browser(desk), "/review/sign-in", name="rita", password=WRONG)
    assert (refusal.status_code, refusal.headers["Retry-After"]) == (429, "900")
    again = browser(desk)
    again.set_cookie("review_device", kept.value, path="/review/sign-in", domain="cds.example.org")
    answer = posted(again, "/review/sign-in", name="rita", password=PASSWORD)
    assert answer.status_code == 303
    assert "review_device" not in str(answer.headers.getlist("Set-Cookie")), "it is known already"
    assert BASE
