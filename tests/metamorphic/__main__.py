"""Random changes to the charts on file: what may prove nothing, and what says the same.

python -m tests.metamorphic [COUNT] [SEED]
"""

import sys
from collections import Counter
from random import Random

from tests.metamorphic.trials import KINDS, trial


def main(count: int, seed: int) -> int:
    wrong = Counter[str]()
    for kind in KINDS:
        chance = Random(f"{seed} {kind}")
        for _ in range(count):
            if told := trial(kind, chance):
                wrong[kind] += 1
                print(f"{kind}: {told}")
        print(f"{kind}: tried {count}, wrong {wrong[kind]}", flush=True)
    return 1 if wrong else 0


if __name__ == "__main__":
    given = [int(one) for one in sys.argv[1:]]
    sys.exit(main(*[*given, *[5_000, 14][len(given) :]]))
