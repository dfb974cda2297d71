"""`make fuzz`: hostile calls for long; prints how many were tried, what was a fault of ours, and what memory grew by.

python -m tests.fuzzing [COUNT] [SEED]
"""

import json
import logging
import resource
import sys
from collections import Counter
from random import Random
from time import perf_counter, process_time

from flask.testing import FlaskClient
from msgspec import convert

from cds_service.app.container import compose
from cds_service.app.settings import Settings
from cds_service.application import create_app
from cds_service.storage.engine import MEMORY, open_engine
from policies import catalogue
from tests.clients.signing import BASE, ISSUER, key_set
from tests.conftest import TODAY
from tests.service.hostile_calls import CALLS, ODD, changed, hostile_form

HANGS_SECONDS = 5.0
TOKEN = "/oauth/token"
OF_TOKENS = 0.1
"""How many of the calls ask for an access token."""
RENEWED = 5_000
"""After so many calls the store is made anew: what it keeps is no growth of the service."""


def hostile(chance: Random) -> tuple[str, bytes]:
    """An address, and a body with an odd value somewhere, at times cut off."""
    path = chance.choice(sorted(CALLS))
    call, places = CALLS[path]
    text = changed(call, chance.choice(places), chance.choice(ODD))
    return path, text[: chance.randrange(len(text) + 1)] if chance.random() < 0.1 else text


def client() -> FlaskClient:
    return _made(Settings(base_url=BASE))


def registered_client() -> FlaskClient:
    """A service with a client that is registered: only there are tokens given."""
    one = {"name": "ehr", "iss": ISSUER, "jwks": json.loads(key_set())}
    return _made(convert({"base_url": BASE, "clients": [one]}, Settings))


def sent(open_: FlaskClient, registered: FlaskClient, chance: Random) -> tuple[int, str, bytes]:
    """Send a hostile call, at times a request for a token; returns its status, where it went, and what it was."""
    if chance.random() < OF_TOKENS:
        text = hostile_form(chance)
        told = registered.post(TOKEN, data=text, content_type="application/x-www-form-urlencoded")
        return told.status_code, TOKEN, text
    path, text = hostile(chance)
    return open_.post(path, data=text, content_type="application/json").status_code, path, text


def _made(settings: Settings) -> FlaskClient:
    return create_app(compose(settings, POLICIES, TODAY, open_engine(MEMORY))).test_client()


def memory_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


POLICIES = catalogue.load()


def main(count: int, seed: int) -> int:
    logging.disable(logging.CRITICAL)
    chance, told, service, before = Random(seed), Counter[str](), client(), 0.0
    registered = registered_client()
    for number in range(count):
        if number and number % RENEWED == 0:
            service = client()
            before = before or memory_mb()
        begun, worked = perf_counter(), process_time()
        status, path, text = sent(service, registered, chance)
        seconds, worked = perf_counter() - begun, process_time() - worked
        told[f"{status // 100}xx"] += 1
        told["hangs"] += seconds > HANGS_SECONDS
        if status >= 500 or seconds > HANGS_SECONDS:
            print(f"{status} {path}, {seconds:.1f} s, {worked:.2f} s of work: {text[:400]!r}", flush=True)
    grown = memory_mb() - before if before else 0.0
    print(f"tried {count}, 5xx {told['5xx']}, hangs {told['hangs']}, memory grew by {grown:.0f} MB", dict(told))
    return 1 if told["5xx"] or told["hangs"] else 0


if __name__ == "__main__":
    given = [int(one) for one in sys.argv[1:]]
    sys.exit(main(*[*given, *[200_000, 14][len(given) :]]))
