"""Population logic of whose a drug is: diseases that drugs are used for and that are no cancers stand beside these.

The logic does not ask which drug: beside any of these diseases it claims nothing (docs/population.md).
"""

import re

from fhir_mappings.population.phrases import Codes
from policies.terminology.drug_uses import Disease

_NONE = "(?!)"
_CATEGORY = 3


def _others(codes: Codes) -> tuple[Disease, ...]:
    known = codes.drugs.diseases.by_id.values()
    return tuple(one for one in known if not any(code.startswith("C") for code in one.icd10))


def other_use_codes(codes: Codes) -> re.Pattern[str]:
    """Return the beginnings of the ICD-10 codes of these diseases, with or without the dot."""
    begun = (code for one in _others(codes) for code in one.icd10)
    dotted = (rf"{code[:_CATEGORY]}\.?{code[_CATEGORY:]}" if code[_CATEGORY:] else code for code in begun)
    return re.compile("|".join(dotted) or _NONE)


def other_use_words(codes: Codes) -> str:
    """Return the words of these diseases, as a pattern."""
    return "|".join(re.escape(word) for one in _others(codes) for word in one.words) or _NONE
