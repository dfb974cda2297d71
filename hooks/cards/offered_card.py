"""A card that helps, on its way into a reply."""

from dataclasses import dataclass
from typing import Any

from hooks.records.register_port import DeterminationKey

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Help:
    """A card, and for whom and under which name it is kept that it was shown; None if it may be shown again."""

    card: Json
    shown: tuple[DeterminationKey, str] | None = None
