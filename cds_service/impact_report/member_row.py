"""What came out for one member under both versions: a plain row, the same from every engine."""

from typing import NamedTuple

import msgspec


class Side(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """What one version says: the kind of request, the ruling, the criteria by id, the open questions by fact.

    All of it is empty where nothing was judged.
    """

    request: str = ""
    ruling: str = ""
    criteria: dict[str, str] = {}
    questions: tuple[str, ...] = ()


class Fault(NamedTuple):
    """A line that could not be read, or only in part: its file, its number, and why."""

    file: str
    line: int
    reason: str


class MemberRow(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """A member (Type/id; of a stored call its determination) under both versions; `whole` if all of it was read.

    Without a name it is of nobody: faults of lines that do not say whose they are.
    """

    member: str
    before: Side = Side()
    after: Side = Side()
    whole: bool = True
    faults: tuple[Fault, ...] = ()

    @property
    def is_judged(self) -> bool:
        """Whether both versions said anything."""
        return bool(self.before.ruling and self.after.ruling)

    @property
    def changed(self) -> tuple[str, ...]:
        """Return the ids of the criteria that say another thing; of those that only one version has, too."""
        names = dict.fromkeys((*self.before.criteria, *self.after.criteria))
        return tuple(one for one in names if self.before.criteria.get(one) != self.after.criteria.get(one))


READ_ROW = msgspec.json.Decoder(MemberRow).decode
WRITE_ROW = msgspec.json.Encoder().encode
