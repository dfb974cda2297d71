"""How many of the codes that decide rest on two public sources, or on the text of their own code system.

A code marked verified must name a source that was seen; how many name more than one is counted and printed.
"""

import re
from collections.abc import Iterator

from policies.checks.remarks import Remark, fault
from policies.terminology.references import Code
from policies.terminology.value_sets import CodeSet
from policies.workspace.workspace import Desk

_UNSEEN = re.compile(r"\brecalled\b|\bnot seen\b|\bunreliable\b", re.IGNORECASE)
_SEVERAL = re.compile(r" \+ |; |\b2 public\b")
"""How a source names another one beside it."""
_OWN_TEXT = re.compile(
    r"RxNorm|\bCMS (?:HCPCS|OPPS)|tabular list of CMS|expansion of LOINC|expanded from SNOMED CT|payer document",
    re.IGNORECASE,
)
"""The publications of a code system's own keeper, or made from them."""


def check(desk: Desk) -> Iterator[Remark]:
    """Yield every code that decides and names no source, or one that nobody saw."""
    file = next((desk.source(policy) for policy in desk.catalogue.all), None)
    for system, code, source in _deciding(desk):
        if file is not None and (not source.strip() or _UNSEEN.search(source)):
            cause = f"{system} {code} is verified, and its source is '{source}'"
            mend = "name where it was seen, or mark it recalled: it is proposed then, and decides nothing"
            yield fault(file, ("value_sets",), cause, mend)


def report(desk: Desk) -> Iterator[str]:
    """Yield a line: how many of the verified codes two public sources show, or the code system's own text."""
    public = frozenset[Code]().union(*(one.codes for one in desk.references))
    found = list(_deciding(desk))
    twice = [one for one in found if _SEVERAL.search(one[2]) or _OWN_TEXT.search(one[2]) or (one[0], one[1]) in public]
    single = len(found) - len(twice)
    if not found:
        return
    yield (
        f"verified codes: {len(twice)} of {len(found)} by two public sources or the code system's own text, "
        f"{single} by one source"
    )


def _deciding(desk: Desk) -> Iterator[tuple[str, str, str]]:
    """Yield the verified codes of the folder itself, in their newest versions, each once: system, code and source."""
    by_version = sorted(desk.own_sets.items(), key=lambda one: one[0])
    newest = {name: found for (name, _), found in by_version}
    sets = (found for found in newest.values() if isinstance(found, CodeSet))
    members = ((one.system.name, one.code, one.source) for found in sets for one in found.members if one.decides)
    drugs = (code for drug in desk.own_drugs for code in drug.codes)
    codes = ((one.system.name, one.code, one.source) for one in drugs if one.confidence == "verified")
    known: set[Code] = set()
    for system, code, source in (*members, *codes):
        if (system, code) not in known:
            known.add((system, code))
            yield system, code, source
