"""What a record's status makes of it, as the payer's rules read it (readings 4, 6 and 11 in docs/readings.md)."""

from enum import Enum


class Standing(Enum):
    """What a status makes of a record."""

    PROVES = "it happened, or it is a result"
    WEAKLY = "all that a prescription implies has happened; there is no record of a giving"
    PROBABLE = "it probably happened"
    REFUTES = "it was looked for and ruled out"
    HINTS = "somebody considers it"
    NOTHING = "it says nothing"
