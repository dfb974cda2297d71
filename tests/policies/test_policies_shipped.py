"""What ships is sound: the check of every policy, value set and case file finds no fault.

All other tests of the program run in a world of their own (`tests/world.py`). The cases of the shipped policies, and
what they notice, are run by `cds-service policy test` in `make test`.
"""

import pytest

from policies.catalogue import Catalogue, load
from policies.checks import policy_check
from policies.workspace.workspace import lay_out

LEAST_CASES = 25


@pytest.fixture(scope="module")
def shipped() -> Catalogue:
    return load()


def test_what_ships_has_no_fault() -> None:
    checked = policy_check.check(None)
    assert checked.sound, policy_check.report(checked)


def test_every_version_of_a_policy_is_found_by_its_drug_from_its_day_on(shipped: Catalogue) -> None:
    for policy in shipped.all:
        (versions,) = shipped.for_drug(policy.figures.product.drug)
        assert versions is shipped.versions(policy.id)
        assert versions.on(policy.version) is policy


def test_the_newest_version_of_a_policy_has_cases_enough() -> None:
    desk = lay_out()
    for name in desk.catalogue.ids:
        newest = desk.newest(name).version
        judged = [one for one in desk.cases_of(name) if one.order.judged_on >= newest and not one.each]
        assert len(judged) >= LEAST_CASES, name
