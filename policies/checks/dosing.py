"""The dosing beside the rest of the file: vials that the product does not have, rows that never give a dose."""

import re
from collections.abc import Iterator

from policies.checks.remarks import Remark, doubt, fault
from policies.files.problems import Path
from policies.files.yaml_source import Source
from policies.model.dosing import Dosing
from policies.model.policy import Policy
from policies.text.phrases import dose_in_words

_MG = re.compile(r"(?<![\d.])(\d+(?:\.\d+)?) ?mg(?!/mL)", re.IGNORECASE)
_ALL = 100


def check(policy: Policy, source: Source) -> Iterator[Remark]:
    """Yield what does not go together in the dosing of a policy."""
    yield from _of(policy.figures.dosing, policy, source, ("dosing",))
    several = policy.indications.covered.values() if policy.indications is not None else ()
    for one in several:
        yield from _of(one.dosing, policy, source, ("indications", one.word, "dosing"))


def _of(dosing: Dosing | None, policy: Policy, source: Source, here: Path) -> Iterator[Remark]:
    product = policy.figures.product
    if dosing is None:
        return
    named = {found[1] for text in product.vials for found in _MG.finditer(text)}
    for index, size in enumerate(dosing.vial_mg):
        if str(size) not in named:
            cause = f"The product has no vial of {size} mg: {', '.join(product.vials)}"
            yield doubt(source, (*here, "vial_mg", index), cause, "write the milligrams of one of its vials")
    if dosing.tolerance_percent >= _ALL:
        cause = f"With a tolerance of {dosing.tolerance_percent} % no dose would ever be below the policy's"
        yield fault(source, (*here, "tolerance_percent"), cause, "write a number below 100")
    for index, row in enumerate(dosing.schedule):
        if row.only_for and not row.every_days:
            cause = f"A row for some patients only has no interval: {dose_in_words(row)}"
            yield fault(source, (*here, "schedule", index, "every_days"), cause, "give the days between doses")
