"""Kinds of fact: the person, and what only a person can say."""

from policies.model import case_words
from policies.model.case_words import CaseWord, Example, one_of
from policies.model.fact_kinds import Answer, ChartOptions, Kind, Parameter, takes

_OLDEST = 1500
PATIENT_AGE = Kind(
    "patient_age",
    Answer.NUMBER,
    "how old the patient is on the day of the order, in completed years or months",
    takes(counted_in=Parameter.WORD),
    takes_words={"counted_in": ("years", "months")},
    highest=_OLDEST,
    case_words=(CaseWord("born", "The patient's date of birth.", case_words.WHEN),),
    examples=(
        Example(('{born: "1986"}',), "39 to 40"),
        Example(("{born: 1990-06-15}",), "36"),
        Example(("{born: 1990-06-16}",), "35"),
    ),
)
PATIENT_SEX = Kind(
    "patient_sex",
    Answer.CHOICE,
    "the patient's sex as the record has it; `other` and `unknown` say nothing",
    options=ChartOptions(frozenset({"female", "male"}), alone=True),
    case_words=(CaseWord("sex", "The patient's administrative gender.", one_of("female", "male", "other", "unknown")),),
    examples=(Example(("{sex: female}",), "female"), Example(("{sex: other}",), "unknown"), Example((), "unknown")),
)
STATED_BY_PERSON = Kind(
    "stated_by_person",
    Answer.YES_NO,
    "what no record can show and a person has to say. A chart never answers it.",
    examples=(Example((), "unknown"),),
)
STATED_NUMBER = Kind(
    "stated_number",
    Answer.NUMBER,
    "a whole number that no record can show and a person has to say: headache days of a diary. A chart never answers "
    "it.",
    examples=(Example((), "unknown"),),
)
STATED_CHOICE = Kind(
    "stated_choice",
    Answer.CHOICE,
    "one of some options that no record can show and a person has to say: the specialty of who prescribes, the site of "
    "care. A chart never answers it.",
    options=ChartOptions(),
    examples=(Example((), "unknown"),),
)

RECORDS = (PATIENT_AGE, PATIENT_SEX, STATED_BY_PERSON, STATED_NUMBER, STATED_CHOICE)
