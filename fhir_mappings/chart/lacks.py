"""What a chart is known to lack: what could not be read, fetched or provided, and why."""

from dataclasses import dataclass
from enum import Enum


@dataclass(frozen=True, slots=True)
class Unreadable:
    """What could not be read or fetched, or says of nobody whose it is: its name and why.

    `sought` is false for what nobody tried to get: it is unknown whether there is anything.
    """

    reference: str
    reason: str
    sought: bool = True


class Why(Enum):
    """Why a part of a chart is not at hand."""

    FURTHER_PAGES = "there are further pages"
    FEWER_THAN_TOTAL = "less came than there is"
    OUTCOME = "the sender says that something went wrong"
    NOT_PROVIDED = "the sender could not provide it"
    NOT_HAD = "it was asked for, and not had"
    NOT_ASKED = "it did not come, and could not be asked for"
    UNREADABLE = "it cannot be read"


@dataclass(frozen=True, slots=True)
class Lack:
    """What a chart is known to lack: the type of resource (empty if that is not known), and why."""

    kind: str
    why: Why
