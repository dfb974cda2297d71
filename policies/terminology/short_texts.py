"""What is made of texts is kept between calls for short ones only.

Names of codes and usual remarks come again in every call. A long text is one patient's own: it never comes again,
has no business in memory after its call, and thousands of long ones would fill that memory.
"""

from collections.abc import Callable, Iterable
from functools import lru_cache, wraps
from threading import Lock
from typing import Any, ParamSpec, TypeVar
from weakref import WeakSet

LONGEST = 200
"""Characters, or bytes, of one text: the longest titles of LOINC and SNOMED CT have about so many."""
MOST = 60
"""Texts of one call: a code that is written in twenty systems. What holds more is one patient's own too."""
SIZE = 4096
"""Of so many different arguments the results are kept; what was not asked for longest goes first."""
_TEXT = (str, bytes)
_KEPT: "WeakSet[Any]" = WeakSet()
"""All that is kept, as long as there is the function that it is kept for."""
_ADDING = Lock()
P = ParamSpec("P")
T = TypeVar("T")


def _itself(*arguments: Any) -> Iterable[Any]:
    return arguments


def remembered(
    texts: Callable[..., Iterable[Any]] = _itself, size: int = SIZE
) -> Callable[[Callable[P, T]], Callable[P, T]]:
    """Let a pure function keep its results where its texts are few, and each is short.

    `texts` names the texts among its arguments; without it they are those arguments that are texts or bytes.
    """

    def decorated(function: Callable[P, T]) -> Callable[P, T]:
        kept = lru_cache(maxsize=size)(function)
        with _ADDING:
            _KEPT.add(kept)

        @wraps(function)
        def asked(*args: P.args, **kwargs: P.kwargs) -> T:
            for place, text in enumerate(args if texts is _itself else texts(*args)):
                if place == MOST or (isinstance(text, _TEXT) and len(text) > LONGEST):
                    return function(*args, **kwargs)
            return kept(*args, **kwargs)  # type: ignore[arg-type]

        return asked

    return decorated


def forget_all() -> None:
    """Forget all results: what they were made with, as a drug table that is no longer served, goes with them."""
    with _ADDING:
        for one in _KEPT:
            one.cache_clear()
