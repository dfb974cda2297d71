"""Kinds of fact: the patient, the diagnosis, and how far the disease has spread."""

from policies.model import case_words
from policies.model.case_words import CaseWord, Example, one_of, result
from policies.model.fact_kinds import Answer, ChartOptions, Kind, Parameter, ResultWords, takes, usually, words

PATIENT_DECEASED = Kind(
    "patient_deceased",
    Answer.YES_NO,
    "whether the patient is recorded as deceased. Silence is no.",
    settled=False,
    case_words=(CaseWord("deceased", "The patient has died: the day, or yes.", {"type": ["string", "boolean"]}),),
    examples=(
        Example((), "no"),
        Example(("{deceased: yes}",), "yes"),
    ),
)
DIAGNOSIS = Kind(
    "diagnosis",
    Answer.YES_NO,
    "whether the patient has the policy's `disease`; `suggests` hints at it without proving it",
    takes(suggests=Parameter.CODES),
    case_words=(
        CaseWord(
            "condition",
            "A diagnosis of the problem list: a plain name, the title of a code, a code, a fact, a value set.",
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
    examples=(
        Example(("{condition: <disease>, on: order - 2y}",), "yes"),
        Example(("{condition: <disease>, certainty: provisional, on: order - 1m}",), "unknown"),
        Example((), "unknown"),
    ),
)
METASTATIC = "metastatic"
DISEASE_EXTENT = Kind(
    "disease_extent",
    Answer.CHOICE,
    "how far the disease has spread. A chart can prove `metastatic`; the other options come from a person.",
    takes(
        stage_tests=Parameter.TESTS,
        stages=Parameter.CODES,
        secondary=Parameter.DIAGNOSES,
        recurrent=Parameter.DIAGNOSES,
    ),
    options=ChartOptions(frozenset({METASTATIC})),
    tests=ResultWords(
        words(r"\bmetasta|\bstage\b|\bestad[ií]o\b|\btnm\b|\b[cpy]?m[- ]?category"),
        words(r"stage|estad[ií]o|tnm|metasta|\bm\b|\bm[- ]|categor|ajcc"),
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
        "distant (?:metast|site|node|disease|spread|stage|organ)",
        r"(?<![0-9] )mets(?! ?(?:[<>=:~]|of)? ?[0-9])|",
        r"[cpyr]*t[0-4x][a-d]?n[0-3x][a-c]?(?:mi)?m1[a-d]?|",
        "carcinomatosis|",
        "leptomening",
    ),
    usual=usually(stage_tests="stage-tests", stages="stage-values", secondary="breast-secondary-neoplasms"),
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
    examples=(
        Example(("{condition: <disease>, on: order - 2y}", "{metastasis: bone, on: order - 3m}"), "metastatic"),
        Example(("{condition: <disease>, on: order - 2y}", "{stage: II, on: order - 3m}"), "unknown"),
    ),
)

RECORDS = (
    PATIENT_DECEASED,
    DIAGNOSIS,
    DISEASE_EXTENT,
)
