"""By which words results of a fact are known where no code tells: the names of tests in texts, displays, local codes.

They never prove; a result that is named so may be newer than one that is read (reading 20), and is shown.
"""

import re
from collections.abc import Mapping
from types import MappingProxyType

_HER2 = r"\b(?:c-?)?(?:her|erb-?b)[-\s]?2"
TEST_NAMES: Mapping[str, re.Pattern[str]] = MappingProxyType(
    {
        "performance_status": re.compile(
            r"\becog\b|\bzubrod\b|\bwho (?:performance|ps)\b|performance[\s_-]+(?:status|score)|estado funcional",
            re.IGNORECASE,
        ),
        "her2_ihc": re.compile(_HER2, re.IGNORECASE),
        "her2_ish": re.compile(_HER2, re.IGNORECASE),
        "progression_on_therapy": re.compile(
            r"disease[\s_-]+(?:status|progression|response)|(?:tumou?r|treatment)[\s_-]+response|"
            r"response[\s_-]+(?:to[\s_-]+)?(?:treatment|therapy)|\brecist\b|\bimwg\b|progresi[oó]n|"
            r"respuesta (?:al tratamiento|tumoral)|estado de (?:la )?enfermedad",
            re.IGNORECASE,
        ),
        "disease_extent": re.compile(
            r"\bmetasta|\bstage\b|\bestad[ií]o\b|\btnm\b|\b[cpy]?m[- ]?category", re.IGNORECASE
        ),
    }
)
"""For each kind of fact that results settle, the words by which its tests are named."""
EXPECTED: Mapping[str, re.Pattern[str]] = MappingProxyType(
    {
        "performance_status": re.compile(
            r"ecog|zubrod|\bwho\b|perform|\bps\b|karnofsky|lansky|functional|funcional", re.IGNORECASE
        ),
        "her2_ihc": re.compile(
            rf"{_HER2}|\bihc\b|immun|inmuno|stain|\b[fcsd]*ish\b|hybridi|hibridaci|ratio|cop(?:y|ies)|signal|\bce[np]|"
            r"chromosome|probe|score|ampli",
            re.IGNORECASE,
        ),
        "progression_on_therapy": re.compile(
            r"status|estado|progres|respon|respuesta|recist|imwg|disease|enfermedad|course", re.IGNORECASE
        ),
        "disease_extent": re.compile(r"stage|estad[ií]o|tnm|metasta|\bm\b|\bm[- ]|categor|ajcc", re.IGNORECASE),
    }
)
"""What the words of a test's code must name of it, if it has words at all."""
STAINED = re.compile(r"\bihc\b|immun|inmuno|stain", re.IGNORECASE)
HYBRIDIZED = re.compile(r"\b[fcsd]*ish\b|hybridi|hibridaci", re.IGNORECASE)
NOT_TISSUE = re.compile(
    r"\b(?:serum|plasma|blood|suero|sangre|extracellular|mutation|mutaci[oó]n|sequencing)", re.IGNORECASE
)
GENE = re.compile(rf"{_HER2}|\bHGNC:3430\b", re.IGNORECASE)
"""How a genomic result names the gene: by its symbol, or by its number in HGNC's list of genes."""
_VARIANT = re.compile(r"\b69548-6\b")
"""LOINC's code of a genetic variant, whose gene stands in a component (HL7 Genomics Reporting)."""
ANY_TEST = re.compile(
    "|".join(f"(?:{one.pattern})" for one in (*dict.fromkeys(TEST_NAMES.values()), GENE, _VARIANT)), re.IGNORECASE
)
OTHER_SCALE = re.compile(r"\bkarnofsky|\bkps\b|\blansky", re.IGNORECASE)
OTHER_MARKER = re.compile(
    r"\b(?:o?estrogen|progesterone|androgen|pd-?l1|ki-?67|egfr|her[-\s]?[134]|erbb[-\s]?[134]|p53|braf|alk|gata3|trps1|"
    r"cdx2|muc1|e-?cadherin|synaptophysin|s100)\b|\b(?:ER|PR|PgR)\b"
)
