"""What is compressed with a text in common reads as it was, and the text is as rows know it."""

import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import create_engine

from cds_service.encryption import common_texts
from cds_service.encryption.payloads import Place, opened, packed
from cds_service.encryption.tenant_keys import UnreadableError
from cds_service.storage.tables import REVISIONS

FROZEN = {900739115: 22218}
"""Of each text its checksum and length: rows that refer to one that changed could not be read."""


def test_the_texts_are_those_that_rows_refer_to() -> None:
    assert {name: len(text) for name, text in common_texts.BY_CHECKSUM.items()} == FROZEN


ENGINE = create_engine("sqlite://")


def read(kept: bytes) -> bytes:
    with ENGINE.connect() as connection:
        return opened(connection, Place(REVISIONS, "texts", "d/1"), kept)


@given(st.binary(max_size=400), st.sampled_from(["alone", "before", "after"]))
def test_what_is_packed_reads_as_it_was(own: bytes, where: str) -> None:
    common = common_texts.REVISIONS
    text = {"alone": own, "before": own + common[:5000], "after": common[-5000:] + own}[where]
    assert zlib.decompress(packed(text)) == text
    assert len(packed(text, common)) < len(own) + 200
    assert read(packed(text, common)) == read(packed(text)) == text


def test_a_text_that_is_not_here_is_named() -> None:
    with pytest.raises(UnreadableError, match="refers to a text"):
        read(packed(b"anything", b"another text in common"))
