"""Random changes to the charts on file: what may prove nothing, and what says the same.

python -m tests.metamorphic [COUNT] [SEED] [MINUTES]

All kinds are tried in turns, so that a run that is cut short has tried each of them as often.
"""

import sys
import time
from collections import Counter
from random import Random

from tests.metamorphic.trials import KINDS, trial

_TURN = 50
"""So many changes of a kind are tried before the next kind's."""


def main(count: int, seed: int, minutes: int) -> int:
    wrong, tried = Counter[str](), Counter[str]()
    chances = {kind: Random(f"{seed} {kind}") for kind in KINDS}
    last = time.monotonic() + 60 * minutes
    while tried.total() < count * len(KINDS) and time.monotonic() < last:
        for kind in KINDS:
            for _ in range(min(_TURN, count - tried[kind])):
                tried[kind] += 1
                if told := trial(kind, chances[kind]):
                    wrong[kind] += 1
                    print(f"{kind}: {told}")
        print(f"{tried.total()} tried, {wrong.total()} wrong", flush=True)
    for kind in KINDS:
        print(f"{kind}: tried {tried[kind]}, wrong {wrong[kind]}", flush=True)
    return 1 if wrong else 0


if __name__ == "__main__":
    given = [int(one) for one in sys.argv[1:]]
    sys.exit(main(*[*given, *[5_000, 14, 600][len(given) :]]))
