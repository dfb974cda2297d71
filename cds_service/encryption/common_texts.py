"""Texts that rows have much in common with: compression refers to them, and a row holds what is its own.

RFC 1950, 2.2: what was compressed with such a text names it by its Adler-32. A text is frozen, since rows that refer to
it cannot be read without it: another is another file, beside it. They were made of determinations of made-up patients.
"""

from importlib.resources import files
from zlib import adler32

REVISIONS = files("cds_service.encryption").joinpath("revision_text_1.txt").read_bytes()
"""What texts of revisions are compressed with."""
BY_CHECKSUM = {adler32(one): one for one in (REVISIONS,)}
