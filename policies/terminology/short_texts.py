"""What is made of texts is kept between calls for short ones only.

Names of codes and usual remarks come again in every call. A long text is one patient's own: it never comes again,
has no business in memory after its call, and thousands of long ones would fill that memory.
"""

from collections.abc import Callable, Iterable
from functools import wraps
from inspect import Parameter, signature
from threading import Lock
from typing import Any, ParamSpec, TypeVar, cast
from weakref import WeakValueDictionary

LONGEST = 200
"""Characters, or bytes, of one text: the longest titles of LOINC and SNOMED CT have about so many."""
MOST = 60
"""Texts of one call: a code that is written in twenty systems. What holds more is one patient's own too."""
TOGETHER = 4_000
"""Characters, or bytes, of the texts of one call together: twenty systems with their addresses and titles."""
SIZE = 4096
"""Of so many different arguments the results are kept; what was kept first goes first."""
_TEXT = (str, bytes)
_ONE = Parameter.POSITIONAL_OR_KEYWORD
_KEPT: "WeakValueDictionary[int, Results]" = WeakValueDictionary()
"""All that is kept, as long as there is the function that it is kept for."""
_CHANGING = Lock()
P = ParamSpec("P")
T = TypeVar("T")


class Results(dict[Any, Any]):
    """What a function made of its arguments; asked for what is not there it makes it, and keeps it if that is short.

    What is there is had without a step of Python: only what is not there is measured, since what is long never is.
    """

    __slots__ = ("__weakref__", "_is_short", "_make", "_size")

    def __init__(self, make: Callable[[Any], Any], is_short: Callable[[Any], bool], size: int) -> None:
        super().__init__()
        self._make, self._is_short, self._size = make, is_short, size

    def __missing__(self, given: Any) -> Any:
        made = self._make(given)
        if self._is_short(given):
            with _CHANGING:
                if len(self) >= self._size:
                    del self[next(iter(self))]
                self[given] = made
        return made


def are_short(texts: Iterable[Any]) -> bool:
    """Return whether some texts are few, each is short, and all together; what is no text has no length here."""
    together = 0
    for place, text in enumerate(texts):
        length = len(text) if isinstance(text, _TEXT) else 0
        together += length
        if place == MOST or length > LONGEST or together > TOGETHER:
            return False
    return True


def remembered(
    texts: Callable[..., Iterable[Any]] | None = None, size: int = SIZE
) -> Callable[[Callable[P, T]], Callable[P, T]]:
    """Let a pure function keep its results where its texts are few, and each is short.

    `texts` names the texts among its arguments; without it they are those arguments that are texts or bytes.
    """

    def decorated(function: Callable[P, T]) -> Callable[P, T]:
        if texts is None and [one.kind for one in signature(function).parameters.values()] == [_ONE]:
            made = cast("Callable[[Any], T]", function)
            return cast("Callable[P, T]", _kept(made, lambda given: are_short((given,)), size).__getitem__)
        named, kept_of = texts or _itself, cast("Callable[..., T]", function)
        kept = _kept(lambda given: kept_of(*given), lambda given: are_short(named(*given)), size)

        @wraps(function)
        def asked(*args: P.args, **kwargs: P.kwargs) -> T:
            found: T = kept[args] if not kwargs else function(*args, **kwargs)
            return found

        return asked

    return decorated


def _kept(make: Callable[[Any], Any], is_short: Callable[[Any], bool], size: int) -> Results:
    """Return results that are forgotten with all others."""
    kept = Results(make, is_short, size)
    with _CHANGING:
        _KEPT[id(kept)] = kept
    return kept


def _itself(*arguments: Any) -> Iterable[Any]:
    return arguments


def forget_all() -> None:
    """Forget all results: what they were made with, as a drug table that is no longer served, goes with them."""
    with _CHANGING:
        for one in _KEPT.values():
            one.clear()
