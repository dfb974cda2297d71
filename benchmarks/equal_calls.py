"""`make bench-equal`: 2, 4 and 8 equal calls at once to one and two replicas on PostgreSQL, 100 rounds of each.

Each round is about a patient, and a member, of its own. Every call must be answered, all with one assertion id and one
authorization, and the database must hold one of each.
"""

import json
import signal
import sys
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from sqlalchemy import Engine, func, select

from benchmarks.history import History
from benchmarks.replicas import SIGN, Replica, about, asked, free_port
from cds_service.storage.engine import open_engine
from cds_service.storage.tables import AUTHORIZATIONS, DETERMINATIONS
from tests import databases

ROUNDS = 100
AT_ONCE = (2, 4, 8)


def _round(replicas: list[Replica], times: int, patient: str) -> History:
    """Send one call so many times at once, to the replicas in turn; returns what was answered."""
    call, history, together = about(patient), History(), Barrier(times)

    def send(number: int) -> tuple[int, bytes]:
        together.wait()
        return asked(replicas[number % len(replicas)].port, "POST", SIGN, call)

    with ThreadPoolExecutor(times) as senders:
        for status, reply in senders.map(send, range(times)):
            if status == 200:
                history.note(reply)
            else:
                history.counted[f"HTTP {status}"] += 1
    return history


def _tried(replicas: list[Replica], times: int, rounds: int) -> Counter[str]:
    """Run the rounds; returns how many calls ended how, and how many rounds had one id and one number."""
    found = Counter[str]()
    for count in range(rounds):
        history = _round(replicas, times, f"equal-{len(replicas)}-{times}-{count}")
        found += history.counted
        found["one id"] += len(history.ids) == 1
        found["one number"] += len(history.numbers) == 1
    return found


def _on_file(engine: Engine) -> tuple[int, int]:
    with engine.connect() as connection:
        return (
            connection.execute(select(func.count()).select_from(DETERMINATIONS)).scalar_one(),
            connection.execute(select(func.count()).select_from(AUTHORIZATIONS)).scalar_one(),
        )


def compared(url: str, number: int, rounds: int) -> bool:
    """Try one number of replicas, and print what came of it; returns whether all was right."""
    replicas, engine = [Replica(url, free_port()) for _ in range(number)], open_engine(url, 30)
    for one in replicas:
        one.start()
    held = True
    try:
        for one in replicas:
            one.wait()
        for times in AT_ONCE:
            before, found = _on_file(engine), _tried(replicas, times, rounds)
            added = tuple(after - earlier for after, earlier in zip(_on_file(engine), before, strict=True))
            right = {"answered": times * rounds, "one id": rounds, "one number": rounds}
            held &= dict(found) == right and added == (rounds, rounds)
            shown = json.dumps(found, sort_keys=True)
            print(f"{number} replica(s), {times} at once x {rounds}: {shown}; on file {added}", flush=True)
    finally:
        for one in replicas:
            one.end(signal.SIGKILL)
        engine.dispose()
    return held


def main() -> None:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS
    with databases.on(databases.POSTGRESQL):
        server = databases.cluster()
        if server is None:
            raise SystemExit("there is no PostgreSQL here: apt-get install postgresql")
        try:
            held = [compared(server.new(), number, rounds) for number in (1, 2)]
        finally:
            databases.end()
    raise SystemExit(0 if all(held) else "not every call was answered with the same id and number")


if __name__ == "__main__":
    main()
