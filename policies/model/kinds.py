"""The kinds of fact: the closed list of what a policy can ask a chart. A new kind is one more record here.

Each is read from FHIR by the record of its name in a module of `fhir_mappings.facts`.
"""

import re
from collections.abc import Mapping
from types import MappingProxyType

from policies.model.fact_kinds import Answer, ChartOptions, Kind, Parameter, ResultWords

_HER2 = r"\b(?:c-?)?(?:her|erb-?b)[-\s]?2"
_HER2_SEARCHED = ("c?-?her-?2", "her 2", "erb-?b-?2")


def _words(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.IGNORECASE)


PATIENT_DECEASED = Kind(
    "patient_deceased", Answer.YES_NO, "whether the patient is recorded as deceased. Silence is no.", settled=False
)
DIAGNOSIS = Kind(
    "diagnosis",
    Answer.YES_NO,
    "whether the patient has the policy's `disease`; `suggests` hints at it without proving it",
    MappingProxyType({"suggests": Parameter.CODES}),
)
METASTATIC = "metastatic"
DISEASE_EXTENT = Kind(
    "disease_extent",
    Answer.CHOICE,
    "how far the disease has spread. A chart can prove `metastatic`; the other options come from a person.",
    MappingProxyType(
        {
            "stage_tests": Parameter.TESTS,
            "stages": Parameter.CODES,
            "secondary": Parameter.DIAGNOSES,
            "recurrent": Parameter.DIAGNOSES,
        }
    ),
    options=ChartOptions(frozenset({METASTATIC})),
    tests=ResultWords(
        _words(r"\bmetasta|\bstage\b|\bestad[ií]o\b|\btnm\b|\b[cpy]?m[- ]?category"),
        _words(r"stage|estad[ií]o|tnm|metasta|\bm\b|\bm[- ]|categor|ajcc"),
    ),
    searched=("metasta", "stage (?:iv|4)|", "estadio (?:iv|4)|", "[cpy]*m1[a-d]?|", "unresect", "inoperab", "irresecab",
              "not resectable", "not operable", "no resecable"),
    usual=MappingProxyType(
        {"stage_tests": "stage-tests", "stages": "stage-values", "secondary": "breast-secondary-neoplasms"}
    ),
)  # fmt: skip
HER2_ISH = Kind(
    "her2_ish",
    Answer.CHOICE,
    "the HER2 result by in situ hybridization",
    MappingProxyType(
        {
            "tests": Parameter.TESTS,
            "words": Parameter.CODES,
            "methods": Parameter.CODES,
            "supports": Parameter.CODES,
            "definition": Parameter.DEFINITION,
        }
    ),
    options=ChartOptions(frozenset({"positive", "equivocal", "negative"}), alone=True),
    tests=ResultWords(_words(_HER2)),
    searched=_HER2_SEARCHED,
)
HER2_IHC = Kind(
    "her2_ihc",
    Answer.CHOICE,
    "the HER2 score by immunohistochemistry",
    MappingProxyType(
        {
            "tests": Parameter.TESTS,
            "scores": Parameter.CODES,
            "words": Parameter.CODES,
            "methods": Parameter.CODES,
            "supports": Parameter.CODES,
            "definition": Parameter.DEFINITION,
        }
    ),
    options=ChartOptions(frozenset({"0", "1+", "2+", "3+", "negative"}), "definition", alone=True),
    tests=ResultWords(
        _words(_HER2),
        _words(
            rf"{_HER2}|\bihc\b|immun|inmuno|stain|\b[fcsd]*ish\b|hybridi|hibridaci|ratio|cop(?:y|ies)|signal|\bce[np]|"
            r"chromosome|probe|score|ampli"
        ),
        distinct=True,
    ),
    searched=_HER2_SEARCHED,
    usual=MappingProxyType(
        {"tests": "her2-tests", "scores": "her2-ihc-scores", "words": "result-words", "methods": "her2-methods"}
    ),
)
PERFORMANCE_STATUS = Kind(
    "performance_status",
    Answer.NUMBER,
    "the newest ECOG grade, if it is recent enough",
    MappingProxyType({"tests": Parameter.TESTS, "scores": Parameter.CODES, "within_days": Parameter.DAYS}),
    highest=5,
    of_today=True,
    tests=ResultWords(
        _words(r"\becog\b|\bzubrod\b|\bwho (?:performance|ps)\b|performance[\s_-]+(?:status|score)|estado funcional"),
        _words(r"ecog|zubrod|\bwho\b|perform|\bps\b|karnofsky|lansky|functional|funcional"),
        distinct=True,
        scale=True,
    ),
    searched=("ecog|", "zubrod|", "who ps|", "who performance", "performance status", "estado funcional"),
    usual=MappingProxyType({"tests": "ecog-tests", "scores": "ecog-scores"}),
)
RELAPSE = Kind(
    "relapse",
    Answer.YES_NO,
    "whether the disease is relapsed or refractory; with `refractory_from_lines`, an active disease without a "
    "remission on record is, after so many certain lines",
    MappingProxyType(
        {
            "stated": Parameter.DIAGNOSES,
            "status_tests": Parameter.TESTS,
            "statuses": Parameter.CODES,
            "refractory_from_lines": Parameter.LINES,
        }
    ),
    searched=("relaps", "refractor", "refractari", "recaid", "recidiv", "progress(?:ion|ive|ed|ing)|", "progresi"),
)
PRIOR_REGIMENS = Kind(
    "prior_regimens",
    Answer.NUMBER,
    "how many earlier lines hold one of these drugs. A chart gives a lower bound only.",
    MappingProxyType({"drugs": Parameter.DRUGS_OR_ALL, "setting": Parameter.SETTING}),
)
DRUG_GIVEN = Kind(
    "drug_given",
    Answer.YES_NO,
    "whether a drug of a class was ever given",
    MappingProxyType({"drugs": Parameter.DRUGS}),
)
COMBINATION_PARTNER = Kind(
    "combination_partner",
    Answer.CHOICE,
    "which of these drugs is given together with the ordered one",
    MappingProxyType({"drugs": Parameter.DRUGS, "within_days": Parameter.DAYS}),
    options=ChartOptions(parameter="drugs"),
)
PROGRESSION_ON_THERAPY = Kind(
    "progression_on_therapy",
    Answer.YES_NO,
    "whether the disease has progressed since the first dose",
    MappingProxyType({"status_tests": Parameter.TESTS, "statuses": Parameter.CODES, "within_days": Parameter.DAYS}),
    of_today=True,
    against_course=True,
    tests=ResultWords(
        _words(
            r"disease[\s_-]+(?:status|progression|response)|(?:tumou?r|treatment)[\s_-]+response|"
            r"response[\s_-]+(?:to[\s_-]+)?(?:treatment|therapy)|\brecist\b|\bimwg\b|progresi[oó]n|"
            r"respuesta (?:al tratamiento|tumoral)|estado de (?:la )?enfermedad"
        ),
        _words(r"status|estado|progres|respon|respuesta|recist|imwg|disease|enfermedad|course"),
    ),
    searched=("progress(?:ion|ive|ed|ing)|", "progresi", "stable disease", "enfermedad estable", "partial response",
              "complete response", "respuesta (?:parcial|completa)"),
    usual=MappingProxyType({"status_tests": "disease-status-tests", "statuses": "disease-status-values"}),
)  # fmt: skip
INTOLERANCE = Kind(
    "intolerance",
    Answer.YES_NO,
    "whether the ordered drug was stopped because it was not tolerated",
    MappingProxyType({"reasons": Parameter.CODES}),
    against_course=True,
    searched=("intoler", "toxicit", "toxicidad", "discontinued (?:due to|for|because)", "suspendid[oa] por"),
    usual=MappingProxyType({"reasons": "stop-reasons"}),
)
DOCUMENT = Kind(
    "document",
    Answer.YES_NO,
    "whether a document is at hand. A chart only offers candidates; a person attaches or attests.",
    MappingProxyType({"resources": Parameter.RESOURCES, "within_days": Parameter.DAYS}),
)
TREATMENT_DURATION = Kind(
    "treatment_duration",
    Answer.YES_NO,
    "whether the longest duration is kept. With `none` the policy itself answers yes.",
    MappingProxyType({"maximum_days": Parameter.DAYS_OR_NONE}),
    settled=True,
)
OWN_AUTHORIZATION = Kind(
    "own_authorization",
    Answer.YES_NO,
    "whether we authorized the drug for the member before, by our own record. Never asked.",
    settled=False,
)

KINDS: Mapping[str, Kind] = MappingProxyType(
    {
        kind.name: kind
        for kind in (
            PATIENT_DECEASED,
            DIAGNOSIS,
            DISEASE_EXTENT,
            HER2_ISH,
            HER2_IHC,
            PERFORMANCE_STATUS,
            RELAPSE,
            PRIOR_REGIMENS,
            DRUG_GIVEN,
            COMBINATION_PARTNER,
            PROGRESSION_ON_THERAPY,
            INTOLERANCE,
            DOCUMENT,
            TREATMENT_DURATION,
            OWN_AUTHORIZATION,
        )
    }
)
"""Every kind by its name. Their population logic is written in this order: HER2 by IHC builds on HER2 by ISH."""

_NAMED = dict.fromkeys(kind.tests.named.pattern for kind in KINDS.values() if kind.tests is not None)
ANY_TEST = _words("|".join(f"(?:{one})" for one in _NAMED))
"""The name of a test of any kind, as results bear it in words."""
