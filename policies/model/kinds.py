"""The kinds of fact: the closed list of what a policy can ask a chart. A new kind is one more record here.

Each is read from FHIR by the record of its name in a module of `fhir_mappings.facts`.
"""

import re
from collections.abc import Mapping
from types import MappingProxyType

from policies.model import case_words
from policies.model.case_words import CaseWord, one_of, result
from policies.model.fact_kinds import Answer, ChartOptions, Kind, Parameter, ResultWords

_CODES, _TESTS, _DIAGNOSES, _DRUGS, _DAYS = (
    Parameter.CODES,
    Parameter.TESTS,
    Parameter.DIAGNOSES,
    Parameter.DRUGS,
    Parameter.DAYS,
)
_HER2 = r"\b(?:c-?)?(?:her|erb-?b)[-\s]?2"
_HER2_SEARCHED = ("c?-?her-?2", "her 2", "erb-?b-?2")


def _takes(**parameters: Parameter) -> Mapping[str, Parameter]:
    return MappingProxyType(parameters)


def _usually(**sets: str) -> Mapping[str, str]:
    return MappingProxyType(sets)


def _words(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.IGNORECASE)


PATIENT_DECEASED = Kind(
    "patient_deceased",
    Answer.YES_NO,
    "whether the patient is recorded as deceased. Silence is no.",
    settled=False,
    case_words=(CaseWord("deceased", "The patient has died: the day, or yes.", {"type": ["string", "boolean"]}),),
)
DIAGNOSIS = Kind(
    "diagnosis",
    Answer.YES_NO,
    "whether the patient has the policy's `disease`; `suggests` hints at it without proving it",
    _takes(suggests=_CODES),
    case_words=(
        CaseWord(
            "condition",
            "A diagnosis of the problem list: a plain name, the title of a code, or a code.",
            case_words.TEXT,
            {
                "on": case_words.WHEN,
                "course": case_words.COURSE,
                "certainty": case_words.CERTAINTY,
                "staged": case_words.STAGE,
                "over since": case_words.WHEN,
                "coded as": one_of("ICD-10-CM", "SNOMED", "text"),
                "second code": case_words.SECOND_CODE,
            },
        ),
        CaseWord("family history", "A disease of a relative.", case_words.TEXT, {"on": case_words.WHEN}),
    ),
)
METASTATIC = "metastatic"
DISEASE_EXTENT = Kind(
    "disease_extent",
    Answer.CHOICE,
    "how far the disease has spread. A chart can prove `metastatic`; the other options come from a person.",
    _takes(stage_tests=_TESTS, stages=_CODES, secondary=_DIAGNOSES, recurrent=_DIAGNOSES),
    options=ChartOptions(frozenset({METASTATIC})),
    tests=ResultWords(
        _words(r"\bmetasta|\bstage\b|\bestad[ií]o\b|\btnm\b|\b[cpy]?m[- ]?category"),
        _words(r"stage|estad[ií]o|tnm|metasta|\bm\b|\bm[- ]|categor|ajcc"),
    ),
    searched=(
        "metasta",
        "stage (?:iv|4)|",
        "estadio (?:iv|4)|",
        "[cpy]*m1[a-d]?|",
        "unresect",
        "inoperab",
        "irresecab",
        "not resectable",
        "not operable",
        "no resecable",
    ),
    usual=_usually(stage_tests="stage-tests", stages="stage-values", secondary="breast-secondary-neoplasms"),
    case_words=(
        CaseWord(
            "metastasis",
            "A secondary neoplasm, by its site.",
            case_words.TEXT,
            {
                "on": case_words.WHEN,
                "certainty": case_words.CERTAINTY,
                "of": case_words.TEXT,
                "coded as": one_of("ICD-10-CM", "SNOMED", "text"),
            },
        ),
        result(
            "stage",
            "A stage group, or the M category, as a result.",
            case_words.STAGE,
            of=case_words.TEXT,
            coded_as=one_of("SNOMED", "AJCC", "text"),
            code=case_words.CODE,
            test=case_words.TEST,
        ),
    ),
)
HER2_ISH = Kind(
    "her2_ish",
    Answer.CHOICE,
    "the HER2 result by in situ hybridization",
    _takes(
        tests=_TESTS,
        words=_CODES,
        methods=_CODES,
        supports=_CODES,
        definition=Parameter.DEFINITION,
    ),
    options=ChartOptions(frozenset({"positive", "equivocal", "negative"}), alone=True),
    tests=ResultWords(_words(_HER2), kept=_words(r"\bHGNC:3430\b|\b69548-6\b")),
    searched=_HER2_SEARCHED,
    case_words=(
        result(
            "her2 ish",
            "A HER2 result by in situ hybridization: a word, or the numbers that were measured, or both.",
            one_of("positive", "equivocal", "negative", "indeterminate", "measured"),
            specimen=case_words.TEXT,
            reported_as=case_words.TEXT,
            ratio=case_words.FIGURE,
            copies=case_words.FIGURE,
            cep17=case_words.FIGURE,
            coded_as=one_of("LOINC", "SNOMED", "text", "component", "ratio"),
            code=case_words.CODE,
            test=case_words.TEST,
            method=case_words.METHOD,
        ),
    ),
)
HER2_IHC = Kind(
    "her2_ihc",
    Answer.CHOICE,
    "the HER2 score by immunohistochemistry",
    _takes(
        tests=_TESTS,
        scores=_CODES,
        words=_CODES,
        methods=_CODES,
        supports=_CODES,
        definition=Parameter.DEFINITION,
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
    usual=_usually(tests="her2-tests", scores="her2-ihc-scores", words="result-words", methods="her2-methods"),
    case_words=(
        result(
            "her2 ihc",
            "A HER2 result by immunohistochemistry: a score, a range or a word.",
            {"type": ["string", "integer"], "minLength": 1, "minimum": 0, "maximum": 3},
            specimen=case_words.TEXT,
            reported_as=case_words.TEXT,
            coded_as=one_of("LOINC", "SNOMED", "display", "text", "component", "score", "integer"),
            code=case_words.CODE,
            test=case_words.TEST,
            second_test=case_words.SECOND_TEST,
            method=case_words.METHOD,
        ),
        result(
            "her2 overall",
            "An overall HER2 status that names no method.",
            one_of("positive", "equivocal", "negative", "indeterminate"),
            test=case_words.TEST,
            method=case_words.METHOD,
        ),
        result(
            "serum her2",
            "A HER2 level in the blood, which is no status of the tumor.",
            one_of("positive", "negative"),
            test=case_words.TEST,
        ),
    ),
)
PERFORMANCE_STATUS = Kind(
    "performance_status",
    Answer.NUMBER,
    "the newest ECOG grade, if it is recent enough",
    _takes(tests=_TESTS, scores=_CODES, within_days=_DAYS),
    highest=5,
    of_today=True,
    tests=ResultWords(
        _words(r"\becog\b|\bzubrod\b|\bwho (?:performance|ps)\b|performance[\s_-]+(?:status|score)|estado funcional"),
        _words(r"ecog|zubrod|\bwho\b|perform|\bps\b|karnofsky|lansky|functional|funcional"),
        distinct=True,
        scale=True,
    ),
    searched=("ecog|", "zubrod|", "who ps|", "who performance", "performance status", "estado funcional"),
    usual=_usually(tests="ecog-tests", scores="ecog-scores"),
    case_words=(
        result(
            "ecog",
            "An ECOG performance status: a grade or a range of two.",
            {"type": ["string", "integer"], "pattern": "^[0-5](-[0-5])?$", "minimum": 0, "maximum": 5},
            coded_as=one_of("LOINC", "SNOMED", "integer", "quantity", "text"),
            code=case_words.CODE,
            test=case_words.TEST,
            second_test=case_words.SECOND_TEST,
        ),
        result(
            "karnofsky",
            "A Karnofsky performance status, which is not converted.",
            {"type": "integer", "minimum": 0, "maximum": 100},
            test=case_words.TEST,
        ),
    ),
)
RELAPSE = Kind(
    "relapse",
    Answer.YES_NO,
    "whether the disease is relapsed or refractory; with `refractory_from_lines`, an active disease without a "
    "remission on record is, after so many certain lines",
    _takes(
        stated=_DIAGNOSES,
        status_tests=_TESTS,
        statuses=_CODES,
        refractory_from_lines=Parameter.LINES,
    ),
    searched=("relaps", "refractor", "refractari", "recaid", "recidiv", "progress(?:ion|ive|ed|ing)|", "progresi"),
)
PRIOR_REGIMENS = Kind(
    "prior_regimens",
    Answer.NUMBER,
    "how many earlier lines hold one of these drugs. A chart gives a lower bound only.",
    _takes(drugs=Parameter.DRUGS_OR_ALL, setting=Parameter.SETTING),
)
DRUG_GIVEN = Kind(
    "drug_given",
    Answer.YES_NO,
    "whether a drug of a class was ever given",
    _takes(drugs=_DRUGS),
)
COMBINATION_PARTNER = Kind(
    "combination_partner",
    Answer.CHOICE,
    "which of these drugs is given together with the ordered one",
    _takes(drugs=_DRUGS, within_days=_DAYS),
    options=ChartOptions(parameter="drugs"),
)
PROGRESSION_ON_THERAPY = Kind(
    "progression_on_therapy",
    Answer.YES_NO,
    "whether the disease has progressed since the first dose",
    _takes(status_tests=_TESTS, statuses=_CODES, within_days=_DAYS),
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
    searched=(
        "progress(?:ion|ive|ed|ing)|",
        "progresi",
        "stable disease",
        "enfermedad estable",
        "partial response",
        "complete response",
        "respuesta (?:parcial|completa)",
    ),
    usual=_usually(status_tests="disease-status-tests", statuses="disease-status-values"),
    case_words=(
        result(
            "disease status",
            "How the disease has changed, as a result.",
            case_words.TEXT,
            of=case_words.TEXT,
            coded_as=one_of("LOINC", "SNOMED"),
            test=case_words.TEST,
        ),
    ),
)
INTOLERANCE = Kind(
    "intolerance",
    Answer.YES_NO,
    "whether the ordered drug was stopped because it was not tolerated",
    _takes(reasons=_CODES),
    against_course=True,
    searched=(
        "intoler",
        "(?:neuro|cardio|hepato|nephro|pneumo)?toxicit",
        "cytokine release",
        "icans|",
        "adverse (?:event|effect|reaction)",
        "evento adverso",
        "efecto adverso",
        "sindrome de liberacion de citocinas",
        "(?:neuro|cardio|hepato)toxicidad",
        "toxicidad",
        "discontinued (?:due to|for|because)",
        "suspendid[oa] por",
    ),
    usual=_usually(reasons="stop-reasons"),
)
DOCUMENT = Kind(
    "document",
    Answer.YES_NO,
    "whether a document is at hand. A chart only offers candidates; a person attaches or attests.",
    _takes(resources=Parameter.RESOURCES, within_days=_DAYS),
    case_words=(
        CaseWord(
            "document",
            "A document or report in the record.",
            one_of("oncology note", "imaging report", "pathology report", "imaging study"),
            {"on": case_words.WHEN, "saying": case_words.TEXT, "status": case_words.TEXT},
        ),
    ),
)
TREATMENT_DURATION = Kind(
    "treatment_duration",
    Answer.YES_NO,
    "whether the longest duration is kept. With `none` the policy itself answers yes.",
    _takes(maximum_days=Parameter.DAYS_OR_NONE),
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

_RESULTS = tuple(kind.tests for kind in KINDS.values() if kind.tests is not None)
_KEPT = dict.fromkeys(one.pattern for tests in _RESULTS for one in (tests.named, tests.kept) if one is not None)
ANY_TEST = _words("|".join(f"(?:{one})" for one in _KEPT))
"""What a result of any kind is known by where its code is not: the name of its test in words, or what it is kept by."""
