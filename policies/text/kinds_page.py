"""The kinds of fact as a page for the authors of policies and cases. Printed by `cds-service policy kinds`."""

from collections.abc import Iterable, Iterator

from policies.kinds.registry import KINDS
from policies.model.case_words import CaseWord, Example, Grammar
from policies.model.fact_kinds import Answer, Kind

_ANSWERS = {
    Answer.YES_NO: "yes or no",
    Answer.CHOICE: "choice",
    Answer.NUMBER: "number",
    Answer.MEASURE: "measured number",
}


def kinds_page() -> str:
    """Return the tables of kinds, of their words for cases, and of their examples, in Markdown."""
    return "\n".join((*_kinds(), "", *_words(), "", *_examples())) + "\n"


def _kinds() -> Iterator[str]:
    yield from ("## Kinds", "", "| kind | answer | parameters (`with`) | what it finds out | a chart can say |")
    yield "|---|---|---|---|---|"
    for kind in KINDS.values():
        cells = (f"`{kind.name}`", _ANSWERS[kind.answer], _parameters(kind), kind.finds, _options(kind))
        yield _row(cells)


def _parameters(kind: Kind) -> str:
    """Return the parameters of a kind, those of one type together."""
    by_type: dict[str, list[str]] = {}
    for name, parameter in kind.parameters.items():
        taken = kind.takes_words.get(name)
        words = ", ".join(f"`{one}`" for one in taken) if taken else parameter.value
        by_type.setdefault(f"{words}{' or nothing' if name in kind.optional else ''}", []).append(f"`{name}`")
    return "; ".join(f"{', '.join(names)}: {words}" for words, names in by_type.items()) or "none"


def _options(kind: Kind) -> str:
    options = kind.options
    if options is None:
        return ""
    words = ", ".join(f"`{one}`" for one in sorted(options.words))
    further = f"what `{options.parameter}` names" if options.parameter else ""
    return ", ".join(filter(None, (words, further)))


def _words() -> Iterator[str]:
    yield from ("## Words for cases", "", "| verb | of kind | what it draws | is about | further words |")
    yield "|---|---|---|---|---|"
    for kind in KINDS.values():
        for word in kind.case_words:
            yield _row((f"`{word.verb}`", f"`{kind.name}`", word.says, _values(word.about), _further(word)))


def _further(word: CaseWord) -> str:
    return "; ".join(f"`{name}`{_after(_values(grammar))}" for name, grammar in word.words.items())


def _after(values: str) -> str:
    return f": {values}" if values else ""


def _values(grammar: Grammar) -> str:
    """Return what a word can be, where it is one of a list."""
    return ", ".join(f"`{one}`" for one in grammar.get("enum", ()))


def _examples() -> Iterator[str]:
    yield from ("## Examples", "", "| kind | chart | comes to |", "|---|---|---|")
    for kind in KINDS.values():
        for one in kind.examples:
            yield _row((f"`{kind.name}`", _chart(one), f"`{one.comes_to}`"))


def _chart(example: Example) -> str:
    return " ".join(f"`{line}`" for line in example.chart) or "nothing"


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"
