"""Kinds of fact: what was given before, what is given beside the ordered drug, and how its course went."""

from policies.model import case_words
from policies.model.case_words import CaseWord, Example, one_of, result
from policies.model.fact_kinds import Answer, ChartOptions, Kind, Parameter, ResultWords, takes, usually, words

_DIAGNOSED = "{condition: <disease>, on: order - 2y}"

PRIOR_REGIMENS = Kind(
    "prior_regimens",
    Answer.NUMBER,
    "how many earlier lines hold one of these drugs. A chart gives a lower bound only.",
    takes(drugs=Parameter.DRUGS_OR_ALL, setting=Parameter.SETTING),
    examples=(
        Example((_DIAGNOSED, "{given: <drugs>, on: order - 1y}"), "1 or more"),
        Example((), "unknown"),
    ),
)
DRUG_GIVEN = Kind(
    "drug_given",
    Answer.YES_NO,
    "whether a drug of a class was ever given",
    takes(drugs=Parameter.DRUGS),
    examples=(
        Example((_DIAGNOSED, "{given: <drugs>, on: order - 1y}"), "yes"),
        Example((), "unknown"),
    ),
)
COMBINATION_PARTNER = Kind(
    "combination_partner",
    Answer.CHOICE,
    "which of these drugs is given together with the ordered one",
    takes(drugs=Parameter.DRUGS, within_days=Parameter.DAYS),
    options=ChartOptions(parameter="drugs"),
    examples=(
        Example((_DIAGNOSED, "{prescribed: <drugs>, on: order - 2d}"), "<drugs>"),
        Example((), "unknown"),
    ),
)
PROGRESSION_ON_THERAPY = Kind(
    "progression_on_therapy",
    Answer.YES_NO,
    "whether the disease has progressed since the first dose",
    takes(status_tests=Parameter.TESTS, statuses=Parameter.CODES, within_days=Parameter.DAYS),
    of_today=True,
    against_course=True,
    tests=ResultWords(
        words(
            r"disease[\s_-]+(?:status|progression|response)|(?:tumou?r|treatment)[\s_-]+response|"
            r"response[\s_-]+(?:to[\s_-]+)?(?:treatment|therapy)|\brecist\b|\bimwg\b|progresi[oó]n|"
            r"respuesta (?:al tratamiento|tumoral)|estado de (?:la )?enfermedad"
        ),
        words(r"status|estado|progres|respon|respuesta|recist|imwg|disease|enfermedad|course"),
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
    usual=usually(status_tests="disease-status-tests", statuses="disease-status-values"),
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
    examples=(
        Example(("{given: <ordered>, on: order - 3m}", "{disease status: worse, on: order - 8d}"), "unknown"),
        Example((_DIAGNOSED, "{given: <ordered>, on: order - 3m}", "{disease status: worse, on: order - 8d}"), "yes"),
        Example((_DIAGNOSED, "{given: <ordered>, on: order - 3m}"), "unknown"),
    ),
)
INTOLERANCE = Kind(
    "intolerance",
    Answer.YES_NO,
    "whether the ordered drug was stopped because it was not tolerated",
    takes(reasons=Parameter.CODES),
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
    usual=usually(reasons="stop-reasons"),
    examples=(
        Example(("{given: <ordered>, on: order - 1m, status: stopped, stopped because: not tolerated}",), "yes"),
        Example(("{given: <ordered>, on: order - 1m}",), "unknown"),
    ),
)
DOCUMENT = Kind(
    "document",
    Answer.YES_NO,
    "whether a document is at hand. A chart only offers candidates; a person attaches or attests.",
    takes(resources=Parameter.RESOURCES, within_days=Parameter.DAYS),
    case_words=(
        CaseWord(
            "document",
            "A document or report in the record.",
            one_of("oncology note", "imaging report", "pathology report", "imaging study"),
            {"on": case_words.WHEN, "saying": case_words.TEXT, "status": case_words.TEXT},
        ),
    ),
    examples=(Example(("{document: imaging report, on: order - 8d}",), "unknown"),),
)
TREATMENT_DURATION = Kind(
    "treatment_duration",
    Answer.YES_NO,
    "whether the longest duration is kept. With `none` the policy itself answers yes.",
    takes(maximum_days=Parameter.DAYS_OR_NONE),
    settled=True,
    examples=(Example(("{given: <ordered>, on: order - 3m}",), "yes"),),
)
OWN_AUTHORIZATION = Kind(
    "own_authorization",
    Answer.YES_NO,
    "whether we authorized the drug for the member before, by our own record. Never asked.",
    settled=False,
    examples=(Example((), "no"),),
)

RECORDS = (
    PRIOR_REGIMENS,
    DRUG_GIVEN,
    COMBINATION_PARTNER,
    PROGRESSION_ON_THERAPY,
    INTOLERANCE,
    DOCUMENT,
    TREATMENT_DURATION,
    OWN_AUTHORIZATION,
)
