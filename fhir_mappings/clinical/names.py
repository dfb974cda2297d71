"""How texts, displays and local codes name what is not asked for: another method, another scale, another marker.

The words by which the tests of a kind of fact are named stand in the record of the kind (`policies.kinds`).
"""

import re

STAINED = re.compile(r"\bihc\b|immun|inmuno|stain", re.IGNORECASE)
HYBRIDIZED = re.compile(r"\b[fcsd]*ish\b|hybridi|hibridaci", re.IGNORECASE)
NOT_TISSUE = re.compile(
    r"\b(?:serum|plasma|blood|suero|sangre|extracellular|mutation|mutaci[oó]n|sequencing)", re.IGNORECASE
)
OTHER_METHOD = re.compile(
    r"\belisa\b|immunoassay|\bpcr\b|rt-?q?pcr|\brna\b|microarray|oncotype|mammaprint|flow cytometry|citometria|"
    r"western blot|\bngs\b|sequenc|secuencia|serum|plasma|suero|mass spectro",
    re.IGNORECASE,
)
"""How a result names a method by which the status of tissue is not determined."""
GENE = re.compile(r"\b(?:c-?)?(?:her|erb-?b)[-\s]?2|\bHGNC:3430\b", re.IGNORECASE)
"""How a genomic result names the gene of HER2: by its symbol, or by its number in HGNC's list of genes."""
OTHER_SCALE = re.compile(r"\bkarnofsky|\bkps\b|\blansky", re.IGNORECASE)
OTHER_MARKER = re.compile(
    r"\b(?:o?estrogen|progesterone|androgen|pd-?l1|ki-?67|egfr|her[-\s]?[134]|erbb[-\s]?[134]|p53|braf|alk|gata3|trps1|"
    r"cdx2|muc1|e-?cadherin|synaptophysin|s100)\b|\b(?:ER|PR|PgR)\b"
)
