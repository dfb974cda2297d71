"""What a text of a HER2 result states, all of it understood: scores, words by method, numbers.

The method of a statement is the one that it names, else that of the heading before it, else that of the result.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from functools import reduce

from fhir_mappings.text_forms.grammar import Statement, grammar
from fhir_mappings.text_forms.words import plain

IHC, ISH = "ihc", "ish"
PLUS = "+"
"""One of three, as a whole answer; beside anything else it may say positive."""
POSITIVE, NEGATIVE, EQUIVOCAL, LOW, ULTRALOW, UNSETTLED = (
    "positive",
    "negative",
    "equivocal",
    "low",
    "ultralow",
    "unsettled",
)
RATIO, COPIES, CENTROMERES = "ratio", "copies", "cep17"
Number = tuple[str, str, Decimal]
"""What is measured, the comparator as it is written, and the number."""

_OF_STAIN = ("ihc", "protein", "expression", "overexpressed", "not_overexpressed", "low", "ultralow", "plus")
_OF_PROBES = ("ish", "gene", "amplification", "amplified", "unamplified", "dual_probe", "single_probe")
_MEASURED = {"ratio": RATIO, "copies": COPIES, "centromeres": CENTROMERES}
_WORDS = (POSITIVE, NEGATIVE, EQUIVOCAL)
_FEW = Decimal(10)
"""In so many percent of the cells or fewer the payer calls a complete and intense staining less than 3+."""
_SHARE = re.compile(r"([0-9]+(?:\.[0-9]+)?)")
_ABOVE = re.compile(r">|over|more|greater|mas")
_OF_A_CELL = re.compile(r"average|mean|avg|promedio|media|/|\bper\b|\bpor\b")
_SPANISH = re.compile(
    r"\b(?:relacion|cociente|indice|razon|copias|amplificad[oa]|amplificacion|positiv[oa]|negativ[oa]|celulas?|promedio"
    r"|hibridacion|tincion|sonda|resultado|cromosoma)\b"
)
"""The words by which a text is Spanish, and a comma in its numbers a decimal sign."""
_CUTS = frozenset({Decimal(2), Decimal(4), Decimal(6)})
"""The limits of ratio and copies in every definition in use: a text that sets a sign before one may be a definition."""


@dataclass(frozen=True, slots=True)
class Her2Statement:
    """What a text states; `stained` are words of the stain, `hybridized` of the probes, `said` of neither by name.

    `mentions` names the methods that the text speaks of. `few` says that a staining is of too few cells for a 3+.
    """

    scores: frozenset[str] = frozenset()
    stained: frozenset[str] = frozenset()
    hybridized: frozenset[str] = frozenset()
    said: frozenset[str] = frozenset()
    numbers: frozenset[Number] = frozenset()
    mentions: frozenset[str] = frozenset()
    described: frozenset[str] = frozenset()
    cells: int | None = None
    few: bool = False
    two_probes: bool = False

    def words(self, method: str) -> frozenset[str]:
        """Return the words that are said of a method."""
        return {IHC: self.stained, ISH: self.hybridized}.get(method, self.said)

    @property
    def is_empty(self) -> bool:
        """Return whether it states no result: nothing but titles, legends and remarks."""
        return not (self.scores or self.stained or self.hybridized or self.said or self.numbers)


@dataclass(frozen=True, slots=True)
class _Reader:
    """What was read so far, and the method that the next statement is of."""

    method: str
    found: Her2Statement = field(default_factory=Her2Statement)


def her2_statement(text: str, method: str, measured: str = "") -> Her2Statement | None:
    """Return what a text states under a code of this method (`ihc`, `ish`, or empty); None if it is not understood.

    `measured` is what a bare number under the code is: a ratio, copies; empty if it is none.
    """
    parts = grammar("her2").statements(text)
    if parts is None or (plain(text) != PLUS and any(part.form == "plus" for part in parts)):
        return None
    if (
        "," in text
        and not _SPANISH.search(plain(text))
        and any("," in one for part in parts for one in part.of("number"))
    ):
        return None
    reader: _Reader | None = _Reader(method)
    for part in parts:
        reader = _read(reader, part, measured) if reader is not None else None
    return reader.found if reader is not None and _is_whole(reader.found, parts) else None


def _read(reader: _Reader, part: Statement, measured: str) -> _Reader | None:
    named = frozenset(name for name, kinds in ((IHC, _OF_STAIN), (ISH, _OF_PROBES)) if part.has(*kinds))
    if len(named) > 1:
        return None
    method = next(iter(named), reader.method)
    stated = _stated(part, method, measured)
    if stated is None:
        return None
    return _Reader(method, _joined(reader.found, stated, named))


def _stated(part: Statement, method: str, measured: str) -> Her2Statement | None:
    """Return what one statement says; None if it cannot be said of the method."""
    scores = _scores(part)
    if scores is None:
        return None
    if part.form in ("score", "word", "plus") and (part.has("score", "number", "three_of_three", "plus")):
        if method == ISH and measured and part.has("number") and not part.has("score_label"):
            return Her2Statement(numbers=frozenset({(measured, "", _decimal(part.of("number")[0]))}))
        if method == ISH or (not method and not part.has("score", "score_label")):
            return None
        return Her2Statement(scores=scores, stained=_said(part), few=_is_few(part), described=_described(part))
    return _measured(part) if part.form in _MEASURED else _of_words(part, method)


def _measured(part: Statement) -> Her2Statement | None:
    number = _decimal(part.of("number")[0])
    if number == int(number) and "." not in part.of("number")[0] and _is_of_all_cells(part):
        return None
    measure = (_MEASURED[part.form], " ".join(part.of("compared")), number)
    return Her2Statement(numbers=frozenset({measure}), two_probes=part.has("dual_probe"))


def _decimal(text: str) -> Decimal:
    """Return a number that is written with a point or, as in Spanish, with a comma."""
    return Decimal(text.replace(",", "."))


def _is_of_all_cells(part: Statement) -> bool:
    """Return whether a count of signals is not said to be an average, or of a cell: it may be that of all cells."""
    words = " ".join(part.of("her2_copies", "cep_copies", "unit"))
    return "signal" in words and not _OF_A_CELL.search(words)


def _of_words(part: Statement, method: str) -> Her2Statement | None:
    if part.form in ("share", "description") and method == ISH:
        return None
    said = _said(part)
    cells = int(_decimal(part.of("number")[0])) if part.form == "cells" else None
    return Her2Statement(
        stained=said if method == IHC else frozenset(),
        hybridized=said if method == ISH else frozenset(),
        said=frozenset() if method in (IHC, ISH) else said,
        described=_described(part),
        cells=cells,
        few=_is_few(part),
        two_probes=part.has("dual_probe"),
    )


def _scores(part: Statement) -> frozenset[str] | None:
    """Return the scores of a statement; None for a number that is none."""
    marks = [text[0] if text[0] != "+" else str(len(text)) for text in part.of("score", "three_of_three")]
    marks += ["1"] if part.has("plus") else []
    if part.form in ("score", "word"):
        for text in part.of("number"):
            number = _decimal(text)
            if number not in (0, 1, 2, 3):
                return frozenset() if not part.has("score_label") and part.form == "score" else None
            marks.append(str(int(number)))
    return frozenset("0" if mark == "0" else f"{mark}+" for mark in marks)


def _said(part: Statement) -> frozenset[str]:
    """Return the words of a statement; what is found or denied is positive or negative."""
    found = {word for word in _WORDS if part.has(word)}
    found |= (
        {POSITIVE} if part.has("amplified", "overexpressed", "present", "found") and not part.has("none_of") else set()
    )
    found |= {NEGATIVE} if part.has("unamplified", "not_overexpressed", "absent", "none_of") else set()
    found |= {word for word in (LOW, ULTRALOW) if part.has(word)}
    found |= {UNSETTLED} if part.has("no_result") else set()
    return frozenset(found)


def _is_few(part: Statement) -> bool:
    """Return whether a share of the cells is, or may be, no more than ten percent."""
    for text in part.of("share"):
        least = Decimal(_SHARE.findall(text)[0])
        above = bool(_ABOVE.search(text))
        if least < _FEW or (least == _FEW and not above) or "<" in text or "less" in text:
            return True
    return False


def _described(part: Statement) -> frozenset[str]:
    return frozenset(kind for kind in ("strong", "weak", "unstained") if part.has(kind))


def _joined(one: Her2Statement, other: Her2Statement, named: Iterable[str]) -> Her2Statement:
    cells = [number for number in (one.cells, other.cells) if number is not None]
    return Her2Statement(
        one.scores | other.scores,
        one.stained | other.stained,
        one.hybridized | other.hybridized,
        one.said | other.said,
        one.numbers | other.numbers,
        one.mentions | other.mentions | frozenset(named),
        one.described | other.described,
        min(cells, default=None),
        one.few or other.few,
        one.two_probes or other.two_probes,
    )


def _is_whole(found: Her2Statement, parts: tuple[Statement, ...]) -> bool:
    """Return whether what was read can be one result: one score, a description that fits it, no limit for a number."""
    if len(found.scores) > 1 or len({name for name, _, _ in found.numbers}) < len(found.numbers):
        return False
    score = next(iter(found.scores), "")
    fits = {"strong": ("3+",), "weak": ("1+", "2+"), "unstained": ("0",)}
    if any(score not in fits[kind] for kind in found.described):
        return False
    if found.few and score in ("3+", ""):
        return False
    if not all(_fits_group(found, group) for part in parts for group in part.of("group")):
        return False
    if any(part.form in ("share", "description") for part in parts) and not score:
        return False
    return not any(sign and number in _CUTS for _, sign, number in found.numbers)


def _fits_group(found: Her2Statement, group: str) -> bool:
    """Return whether a ratio and copies beside the number of their row are of it (ASCO/CAP 2018, groups 1 to 5)."""
    known = {name: number for name, sign, number in found.numbers if not sign}
    ratio, copies = known.get(RATIO), known.get(COPIES)
    if ratio is None or copies is None:
        return False
    few = "5" if copies < 4 else "4" if copies < 6 else "3"
    return group[-1] == (few if ratio < 2 else "2" if copies < 4 else "1")


def all_of(statements: Iterable[Her2Statement]) -> Her2Statement:
    """Return what several texts of one result state together."""
    return reduce(lambda one, other: _joined(one, other, ()), statements, Her2Statement())
