"""`make bench`, third part: a prior authorization request of 1 MB, as medians and ratios to the floor of the same run.

The floor reads as much as the request brings and writes as much as it is answered with. Each request is another one:
the same again would only be looked up.
"""

from statistics import median
from time import perf_counter
from typing import Any

import orjson
from werkzeug.test import Client

from benchmarks.bodies import call
from benchmarks.forms import HERE, floor_app
from cds_service.demonstration.request import request_bundle
from cds_service.prior_auth.operations import BASE

URL = f"{BASE}/Claim/$submit"
SIZE = 1_000_000
MOST = 40.0
"""As a ratio to the floor: well under a second on a quiet machine, where the guide allows 15 (PAS 2.2.1, spec-7)."""
AT = "2026-07-01T09:00:00Z"

Json = dict[str, Any]


def _submission(signed: Json) -> bytes:
    """Return a new request for an order, with the whole chart of its call."""
    (order,) = (one["resource"] for one in signed["context"]["draftOrders"]["entry"])
    bundle = request_bundle(order, signed, AT)
    known = {one["fullUrl"] for one in bundle["entry"]}
    chart = (entry for one in signed["prefetch"].values() for entry in one.get("entry", ()))
    bundle["entry"] += [one for one in chart if one["fullUrl"] not in known]
    return orjson.dumps(bundle)


def _once(client: Client, body: bytes) -> tuple[float, bytes]:
    begun = perf_counter()
    reply = client.post(URL, data=body, content_type="application/fhir+json", environ_base=HERE)
    taken = perf_counter() - begun
    if reply.status_code != 200 or b"reviewAction" not in reply.data:
        raise SystemExit(f"a request failed: {reply.status_code}")
    return taken, reply.data


def report(app: Any, rounds: int, size: int) -> bool:
    """Print the figures, and return whether the bound holds."""
    signed, client = orjson.loads(call(size)), Client(app)
    least = Client(floor_app(URL, _once(client, _submission(signed))[1]))
    taken: list[float] = []
    floors: list[float] = []
    for _ in range(rounds):
        body = _submission(signed)
        taken.append(_once(client, body)[0])
        floors.append(_once(least, body)[0])
    whole, floor = median(taken), median(floors)
    print(
        f"\nA prior authorization request of {size / 1e6:g} MB ($submit, kept): {whole:.3f} s, "
        f"{whole / floor:.1f} times its floor (bound {MOST:.0f})"
    )
    return whole / floor <= MOST
