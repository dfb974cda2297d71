"""What each record would mean if it stood, where records contradict each other: of the facts that are a yes or a no."""

from collections.abc import Iterator

from fhir_mappings.chart.policy_chart import Reading
from fhir_mappings.meanings.of_words import Seen, progressed
from policies.model.criteria import Fact
from policies.model.findings import Finding, Role, Side


def by_role(_: Reading, __: Fact, found: Finding) -> Iterator[Side]:
    """Yield each record: what counts for the fact is a yes, what counts against it a no."""
    for item in found.counted:
        yield Side(item.role is Role.FOR, (item,))


def by_status(reading: Reading, fact: Fact, found: Finding) -> Iterator[Side]:
    """Yield each disease status by what it says of progression; one that does not tell is no side."""
    for item in found.counted:
        means = progressed(Seen(reading, fact, item))
        if means is not None:
            yield Side(means, (item,))
