"""Organs and kinds of cancer by the words that name them, in English and Spanish.

One table for every text that may name a site: titles and displays of codes, texts of people, body sites, specimens.
"""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from types import MappingProxyType

from policies.terminology.short_texts import remembered

_NAMES: Mapping[str, str] = MappingProxyType(
    {
        "breast": r"breast|mammar\w*|mamma\b|mamas?\b|senos?\b|pecho|mamari\w*|\bidc\b|\bilc\b|\bbca\b",
        "myeloma": r"myelom\w*|mielom\w*|kahler|plasma cell (?:myeloma|neoplasm|dyscrasia)|\bi?mm\b",
        "colon": r"colons?\b|colonic|colorect\w*|rectum|rectal|rect[oa]\b|sigmoid\w*|cecum|ciego|bowel|intestin\w*",
        "stomach": r"stomach|gastric\w*|gastro-?esoph\w*|estomago|esophag\w*|esofag\w*",
        "prostate": r"prostat\w*",
        "lung": r"lungs?\b|pulmon\w*|bronch\w*|bronqui\w*",
        "liver": r"liver|hepat\w*|higado",
        "bone": r"bones?\b|skelet\w*|osseous|oseas?\b|oseos?\b|huesos?\b|vertebr\w*|spine|spinal column|marrow|medula",
        "brain": r"brain|cerebr\w*|meninge\w*|mening\w+|central nervous|intracrani\w*|glio\w*",
        "pleura": r"pleura\w*",
        "peritoneum": r"periton\w*|retroperit\w*",
        "ovary": r"ovar\w*",
        "uterus": r"uter\w*|endometri\w*|cervix|cervical (?:cancer|carcinoma)|cuello uterino",
        "bladder": r"bladder|urotheli\w*|vejiga",
        "kidney": r"kidneys?\b|renal|rinon\w*",
        "pancreas": r"pancrea\w*",
        "thyroid": r"thyroid\w*|tiroid\w*",
        "adrenal": r"adrenal\w*|suprarrenal\w*",
        "skin": r"melanom\w*|basal cell|squamous cell carcinoma of (?:the )?skin|cutaneous|skin|piel\b|cutane\w*",
        "head and neck": r"larynx|laryng\w*|pharyn\w*|oral cavity|tongue|laring\w*|faring\w*|lengua",
        "testis": r"testi[cs]\w*",
        "lymphoma": r"lymphom\w*|linfom\w*|hodgkin",
        "leukemia": r"leuka?em\w*|leucem\w*",
        "sarcoma": r"\w*sarcom\w*",
    }
)
_TOKENS = re.compile("|".join(f"(?P<n{at}>\\b(?:{words}))" for at, words in enumerate(_NAMES.values())))
_KEYS = tuple(_NAMES)
_DISTANT = re.compile(r"\b(?:metasta\w*|mets?\b|secondary|secundari\w*|spread|disemin\w*)")


@remembered()
def plain(text: str) -> str:
    """Return a text in lower case, without accents, with single spaces."""
    bare = "".join(one for one in unicodedata.normalize("NFKD", text) if not unicodedata.combining(one))
    return " ".join(bare.lower().split())


@remembered()
def sites_in(text: str) -> frozenset[str]:
    """Return the organs and kinds of cancer that a text names."""
    return frozenset(_KEYS[int(match.lastgroup[1:])] for match in _TOKENS.finditer(plain(text)) if match.lastgroup)


def sites_of(texts: Iterable[str]) -> frozenset[str]:
    """Return the organs and kinds of cancer that any of several texts names."""
    return frozenset(site for text in texts for site in sites_in(text))


def names_spread(text: str) -> bool:
    """Return whether a text speaks of metastasis, so that it may name both the primary and where it spread to."""
    return bool(_DISTANT.search(plain(text)))
