"""Names of regimens, and the short names of drugs in them, as oncologists write them: KPd, Dara-VRd, THP.

They are read in notes and in the texts of records, where they are proposed to a person; they never decide, and never
say what a code means.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

_TOKEN = re.compile(r"[A-Za-z0-9]+(?:[-/+&][A-Za-z0-9]+)*")
_JOINT = re.compile(r"[-/+&]")
_SIGNS = re.compile(r"[^a-z0-9]")
_NONE: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Regimens:
    """The regimens of a drug table.

    `names` are read with any sign between their letters if one of them is a capital; `exact` are read as they stand,
    since in other letters they are something else. `pieces` are short names of drugs, read in a joined name alone
    (cape in tucatinib+cape+tras), `passed_over` the pieces that name no drug (dex, based).
    """

    names: Mapping[str, frozenset[str]] = field(default_factory=dict)
    exact: Mapping[str, frozenset[str]] = field(default_factory=dict)
    pieces: Mapping[str, frozenset[str]] = field(default_factory=dict)
    passed_over: frozenset[str] = _NONE

    def named_in(self, text: str, drugs_in: Callable[[str], frozenset[str]]) -> frozenset[str]:
        """Return the drugs of the regimens that a text names; `drugs_in` returns those that a word names in full."""
        found = [self._of(token, drugs_in) for token in _TOKEN.findall(text)]
        return frozenset(drug for one in found for drug in one)

    def _of(self, token: str, drugs_in: Callable[[str], frozenset[str]]) -> frozenset[str]:
        whole = self._of_name(token)
        parts = _JOINT.split(token)
        if whole or len(parts) == 1:
            return whole
        pieces = [self._of_piece(part, drugs_in) for part in parts]
        # One piece that is not known, and the word may be anything.
        if not all(one or self._is_passed_over(part) for one, part in zip(pieces, parts, strict=True)):
            return _NONE
        return frozenset(drug for one in pieces for drug in one)

    def _of_name(self, token: str) -> frozenset[str]:
        exact = self.exact.get(token)
        if exact is not None or token.islower():
            return exact or _NONE
        return self.names.get(_SIGNS.sub("", token.lower()), _NONE)

    def _of_piece(self, part: str, drugs_in: Callable[[str], frozenset[str]]) -> frozenset[str]:
        return self._of_name(part) or self.pieces.get(part.lower(), _NONE) or drugs_in(part)

    def _is_passed_over(self, part: str) -> bool:
        return part.lower() in self.passed_over
