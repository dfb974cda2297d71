"""What may be wrong with a record, so that it is shown and proves nothing (readings 5a, 6, 20 and 21)."""

from enum import Enum


class Doubt(Enum):
    """Why a record is no evidence as it stands; the values are keys of the sentences that say so."""

    MODIFIED = "modified"
    NEGATED = "negated"
    UNREADABLE = "unreadable"
    STATUS = "status"
    PERSON = "person"
    TEST_DATA = "test_data"
    SITE = "site"
    CONTRADICTED = "contradicted"
    AFTER_ORDER = "after_order"
    DATE = "date"
    UNDATED = "undated"
    PRELIMINARY = "preliminary"
    UNLISTED = "unlisted"
    CONTAINED = "contained"
    UNREAD = "unread"


MAY_BE_NEWER = frozenset(Doubt) - {Doubt.PERSON, Doubt.AFTER_ORDER}
"""The doubts under which a record may still be the newest of its fact.

What is of another person, or of the time after the order, says nothing of this fact at the order's date.
"""
TURNED = frozenset({Doubt.MODIFIED, Doubt.NEGATED, Doubt.UNREADABLE, Doubt.STATUS})
"""The doubts under which a record may say the opposite of what it seems to say."""
