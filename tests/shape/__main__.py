"""`make shape`: prints the shape of the house; `test_shape.py` bounds it."""

import sys

from cds_service.app.container import compose
from cds_service.app.settings import Settings
from cds_service.application import create_app
from cds_service.storage.engine import MEMORY, open_engine
from policies import catalogue
from tests.conftest import TODAY
from tests.shape import bounds
from tests.shape.entered import by_a_signed_order
from tests.shape.rooms import house


def main() -> None:
    settings = Settings(base_url="https://cds.example.org")
    app = create_app(compose(settings, catalogue.load(), TODAY, open_engine(MEMORY)))
    entered, seen = by_a_signed_order(app.test_client()), house()
    rows = [
        (
            f"a signed order enters {len(entered.modules)} modules (at most {bounds.MODULES}),"
            f" {len(entered.calls)} functions, {entered.times} calls (at most {bounds.CALLS})"
        ),
        *(f"{number:4} modules in {room}" for room, number in seen.sizes.most_common()),
        *(f"{number:4} flat in {package} (at most {bounds.FLAT})" for package, number in seen.flat.most_common()),
        f"rooms that import each other: {', '.join(map(' and '.join, seen.two_way)) or 'none'}",
        f"names that say no thing: {', '.join(seen.verbs) or 'none'}",
    ]
    sys.stdout.write("\n".join(rows) + "\n")


if __name__ == "__main__":
    main()
