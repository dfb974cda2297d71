"""Words that take back what a code says: denial, suspicion, history, family, forerunners; in two languages.

Readings 5a and 6: a record whose words and code disagree proves nothing. Here a text is only ever held against a code;
nothing is proven by it. The words are wide on purpose: a text that is taken for a denial by mistake costs a question.
"""

import re
from functools import lru_cache

from fhir_mappings.clinical.anatomy import names_spread, plain, sites_in

_SET_ASIDE = re.compile(
    r"\bnot (?:yet )?(?:having )?(?:achieved|in) (?:a )?remission|\bwithout (?:mention of )?(?:having )?(?:achieved )?"
    r"(?:a )?remission|\b(?:que )?no (?:ha|haber|habiendo) (?:alcanzado|logrado|obtenido) (?:la )?remision|"
    r"\bsin (?:mencion de )?(?:haber )?(?:alcanzado |logrado |obtenido )?(?:la )?remision|"
    r"\b(?:no|not) (?:special|specific) type|\bnot (?:otherwise|elsewhere) (?:specified|classified)|"
    r"\bnon-?\s?secret\w+|"
    r"\bno secretor\w*|\bno especificad\w+|\bsin otra especificacion|\bsin especificar|"
    r"\b(?:her-?2(?:[/ -]?neu)?|er|pr|estrogen|progesterone|hormone|estrogeno|progesterona)[\w /,-]{0,24}"
    r"(?:negative|negativ\w+|not amplified)|"
    r"\b(?:without|no|with no|sin) (?:complications?|complicacion\w*)|"
    r"\bprior (?:lines?|therap\w+|treatments?|regimens?)|"
    r"\b(?:not|no) (?:resectable|operable|resecable)|\bnot a (?:surgical )?candidate|"
    r"\bnon[- ](?:small|clear) cell|\bwith no (?:organ|extra)\w*|\b(?:celulas )?no (?:pequenas?|microcitic[oa])|"
    r"\b(?:high|standard|intermediate|low)[- ]risk (?:multiple myeloma|myeloma|cytogenetic\w*|features?)|"
    r"\bmieloma multiple de (?:alto|bajo) riesgo|\bno prior (?:stem cell )?transplant\w*|"
    r"\b(?:unknown|unspecified) (?:estrogen|progesterone|hormone|her-?2)[ -]receptor status|"
    r"\b(?:without|with no|sin) (?:mention of )?(?:status asthmaticus|(?:rheumatoid|reumatoide) factor|"
    r"long[- ]term (?:current )?(?:use of )?insulin|\w+opath(?:y|ies)\b|coma\b|ketoacidosis|rectal bleeding|"
    r"(?:serious )?comorbidit\w+)|\bnegative rheumatoid factor"
)
_DENIAL = re.compile(
    r"\b(?:no|not|none|never|nor|neither|without|w/o|sin|nunca|ningun[oa]?|denie[sd]|deny|niega|absent|absence|"
    r"ausen\w+|free of|libre de|neg(?:ative|ativ\w+)? (?:for|of|para|a)|rule[sd]?[ -]?out|ruling out|r/o|r\.o\.|"
    r"exclu\w+|descart\w+|suspect\w*|suspici\w+|sospech\w+|possibl[ey]|posibl\w+|probabl\w+|likely|presum\w+|presunt\w+|"
    r"questionable|unconfirmed|provisional|differential|diferencial|versus|vs|concern for|"
    r"history|hx|h/o|hist|historia\w*|antecedente?s?|former|previous|previ[oa]s? (?:de|cancer)|fh|fhx|"
    r"famil(?:y|ial|iar\w*)|mother|father|sister|brother|aunt|uncle|cousin|daughter|grand\w+|relatives?|parent\w*|"
    r"madre|padre|herman[oa]s?|ti[oa]s?|abuel[oa]s?|hij[oa]s?|husband|wife|spouse|espos[oa]|donor\w*|donante\w*|"
    r"fetus|fetal|screen\w*|cribado|tamizaje|risk|riesgo|predispos\w*|suscept\w*|carrier|portador\w*|prophyla\w*|"
    r"profila\w*|benign\w*|pre-?malign\w*|pre-?cancer\w*|precursor|cured|curad[oa]|resolved|resuelt[oa]|survivor|"
    r"sobreviviente|erroneous\w*|entered in error|in error|mistake\w*|incorrect\w*|wrong|refut\w*|cancell?ed|"
    r"fear of|miedo|work-?up|encounter for|evaluat\w+|evaluacion|estudio de|pending|pendiente|indeterminate|unknown|"
    r"unclear|test patient|query|working (?:diagnosis|dx)|anxi\w+|ansiedad|prevent\w+|unlikely|improbable|doubtful|"
    r"dudos[oa]|poss|prob|susp|undetermined|inactive|inactiv[oa]|remote|past|ned|per patient|self[- ]reported|"
    r"hyperplasia|hiperplasia|lobular neoplasia|evolving|early (?:multiple )?myelom\w*|pre-?myelom\w*|"
    r"consistent with|compatible con|c/w|suggest\w*|sugest\w*|sugier\w*|concerning|worri\w+|preocup\w*|await\w*|"
    r"a la espera|counsel\w*|consejer\w*|asesor\w*|phobi\w*|fobia|education|educacion|support group|"
    r"(?:after|post|tras) (?:breast )?cancer|"
    r"(?:secondary|secundari\w+) (?:malignan\w+ )?(?:neoplasms? |tumou?rs? |tumor(?:es)? |maligno )*(?:of|in|de|en) "
    r"(?:the |la |left |right |female |male )*(?:breast|mama)|"
    r"metasta\w+ (?:to|in|a|en) (?:the |la |left |right )*(?:breast|mama)|"
    r"(?:breast|mama) metastas[ei]s|"
    r"hemangioma\w*|cirrho\w*|cirros\w*|hepatocellular|hepatocelular|"
    r"non-?\s?metasta\w*|primary (?:liver|lung|bone|brain))"
    r"\b|(?<!year )(?<!years )\bold\b|\?"
)
_IN_PLACE = re.compile(r"\bin[ -]situ\b|\b[dl]cis\b|\bcdis\b|\bintraductal\b|\bnon-?\s?invasive\b")
_INVASIVE = re.compile(r"\b(?:micro-?)?(?:invasi\w+|infiltra\w+|invasor\w*)")
_FORERUNNER = re.compile(
    r"\bmgus\b|\bmonoclonal gammopath\w+|\bgammapat\w+ monoclonal|\bgamopat\w+ monoclonal|\bsmou?ld?er\w*|\bsmm\b|"
    r"\bindolent\w*|\basymptomatic|\basintomatic\w*|\bquiescent\w*|\blatente?\b|\bincipient\w*|"
    r"\bdyscrasia|\bdiscrasia"
)
_OF_ANOTHER_KIND = re.compile(
    r"\b(?:plasma ?cytoma|plasmocitoma|plasmacitoma|amyloid\w*|amiloid\w*|waldenstrom\w*|macroglobulin\w*|phyllodes|"
    r"filodes|lymphom\w*|linfom\w*|(?:\w*angio|lipo|leiomyo|fibro|osteo)?sarcoma\w*|melanom\w*|basal cell)\b"
)
_BENIGN = re.compile(
    r"\b(?:lump|lesion\w*|mass|nodule|cyst\w*|fibroadenoma|mastitis|hyperplasia|pain|masa|nodulo|quiste|bulto)\b"
)
_CANCER = re.compile(
    r"\b(?:cancer\w*|ca|carcinom\w*|malign\w*|neoplas\w*|tumou?r\w*|adenoca\w*|oncolog\w*|metasta\w*|mets?|secondary|"
    r"secundari\w*|stage|estadio|relaps\w*|recurr\w*|recidiv\w*|recaida|idc|ilc|nst|bca|mm|rrmm|ndmm|invasi\w*|infiltra\w*)\b"
)
_PERSON = re.compile(
    r"\b(?:donor\w*|donante\w*|mother|father|sister|brother|aunt|daughter|husband|wife|spouse|relatives?|"
    r"family (?:history|member)|madre|padre|herman[oa]|hij[oa]|espos[oa]|familiar\w*|fetus|fetal|caregiver|controls?)\b"
)
_NOT_GIVEN = re.compile(
    r"\b(?:(?:was |were |is |dose )?(?:not|never) (?:given|taken|administered|started|received|infused|dispensed|done|"
    r"performed)|(?:patient |pt )?(?:declin|refus)\w+|withheld|dose held|held|omitted|cancell?ed|entered in error|"
    r"wrong patient|no (?:se )?(?:administr\w+|dio|recibi\w+|tom\w+)|rehus\w+|rechaz\w+|placebo|allerg\w+|alergi\w+|"
    r"contraindicat\w+|planned|planificad\w+|proposed|intended|family|mother|donor|hypothetical|rule[sd]? out|"
    r"suspect\w*|pending|pendiente|descartad\w+|paciente equivocad\w+|familiar|donante|no evidence|sin evidencia|"
    r"consider\w*|recommend\w*|recomend\w*|discuss\w*|offered|ofrecid\w*|education|educacion|denied|denegad\w*|"
    r"prior auth\w*|(?:not|no) (?:covered|cubiert\w*|started|starting)|on hold|en espera|suspendid\w*|deferred|"
    r"diferid\w*|skipp\w+|missed|unable|naive|eligib\w+|elegible|candidat\w*|versus|vs|if|wast\w+|discarded|desechad\w*|levels?|"
    r"intoleran\w*|hypersens\w*|hipersens\w*|in error|en error|por error|to start|will (?:start|begin)|previst\w*|"
    r"spared|husband|wife|spouse|father|sister|brother|daughter|antibody test|instead of|en lugar de)\b|"
    r"^(?:not|no|never|hold|plan|without|sin) |^anti-"
)
_RETRACTED = re.compile(
    r"\b(?:entered in error|wrong patient|ruled out|was ruled out|descartad[oa]|paciente equivocado|not this patient|"
    r"(?:was |were )?(?:not|never) (?:given|taken|administered|received|infused|performed|done)|"
    r"no se administr\w+|no recibi\w+|nunca (?:recibi\w+|tom\w+)|(?:amended|corrected|changed|revised|updated) to|"
    r"should (?:be|read|have been)|superseded|retracted|(?:corregid|enmendad|cambiad)[oa] a)\b"
)
_CONSIDERED = re.compile(
    r"\b(?:differential|diferencial|rule[sd]?[ -]?out|suspect\w*|sospech\w+|provisional|working|tentative|screening|"
    r"refut\w+|descart\w+)\b"
)
_SHORT_REMARK = 40
"""A remark of so many letters at most is about the whole record; a longer one may tell of one dose of many."""
_REMARKED = re.compile(
    r"\b(?:declined|refused|withheld|omitted|cancell?ed|rechazad[oa]|rehus\w+|no administrad[oa]|(?:not|never) started|"
    r"mother|father|sister|brother|husband|wife|donor|madre|padre|herman[oa]|espos[oa]|placebo)\b"
)
_NOT_STARTED = re.compile(r"\b(?:(?:not|never) (?:started|begun)|(?:nunca|no se) (?:inici|empez|comenz)\w+)\b")
_SHORT = 3
_INVOLVED = re.compile(
    r"\b(?:involv\w+|carcinomatos\w*|lymphangit\w+|linfangit\w+|disseminat\w+|diseminad\w+|implants?|"
    r"effusion|derrame|afectacion|compromiso|invasi\w+|infiltra\w+|stage iv|estadio iv)\b"
)
_WHERE_TO = frozenset({"bone", "brain", "liver", "lung", "pleura", "peritoneum", "adrenal", "skin"})
"""Where cancers spread to, so that a text may name several of them."""
_TARGET = re.compile(
    r"\b(?:goal|target|expected|objetivo|meta de|hypothetical|template|previous|prior|history of|no evidence|"
    r"sin evidencia|rule[sd]? out|not (?:done|performed|assessed|evaluated|applicable|available|tested)|"
    r"no realizad[oa]|"
    r"descart\w+|pending|pendiente|entered in error|wrong patient|paciente equivocado|refut\w+|cancell?ed|anulad[oa])\b"
)


@lru_cache(maxsize=4096)
def _rest(text: str) -> str:
    """Return a text without what sounds like a denial and is none."""
    return _SET_ASIDE.sub(" ", plain(text))


@lru_cache(maxsize=4096)
def takes_back(text: str, own: frozenset[str] = frozenset()) -> bool:
    """Return whether the words of a diagnosis deny it, doubt it, or speak of history, of others or of a forerunner.

    `own` are the sites and kinds of cancer that the words may be of: one that is itself a lymphoma is none of others.
    """
    rest = _rest(text)
    in_place = bool(_IN_PLACE.search(rest)) and not _INVASIVE.search(rest.replace("non-invasive", " "))
    kinds = [sites_in(one) for one in _OF_ANOTHER_KIND.findall(rest)]
    another = not all(one and one <= own for one in kinds) and "myelom" not in rest and "mielom" not in rest
    return in_place or another or bool(_DENIAL.search(rest) or _FORERUNNER.search(rest))


@lru_cache(maxsize=4096)
def speaks_of_another(text: str, own: frozenset[str], primary: frozenset[str], title: str) -> bool:
    """Return whether the words beside a code name something else than what the code stands for.

    `own` are the sites of the code, `primary` those of the disease, `title` is the code's title in its value set. Words
    that name no site at all must at least speak of cancer, or share a word with the title.
    """
    rest, sites = _rest(text), sites_in(text)
    if sites and sites & (own or primary):
        if own and not own & primary:
            # A metastasis is named as one, and as that of no other cancer.
            is_named = names_spread(text) or bool(sites & primary) or bool(_INVOLVED.search(rest))
            return not _CANCER.search(rest) or not is_named or bool(sites - own - primary - _WHERE_TO)
        return bool(_BENIGN.search(rest)) and not _CANCER.search(rest) and not own <= {"myeloma"}
    if sites:
        return not (sites <= primary and names_spread(text)) and bool(own or primary)
    shared = {word for word in plain(title).split() if len(word) > _SHORT} & set(rest.split())
    return not (_CANCER.search(rest) or shared)


def denies_giving(text: str) -> bool:
    """Return whether the words of a product or a procedure say that it was not given, or not to the patient."""
    return bool(_NOT_GIVEN.search(plain(text)))


def retracts(text: str) -> bool:
    """Return whether a remark beside a record takes the record back."""
    words = plain(text)
    return bool(_RETRACTED.search(words)) or (len(words) <= _SHORT_REMARK and bool(_REMARKED.search(words)))


@lru_cache(maxsize=4096)
def denies_event(text: str) -> bool:
    """Return whether the reason of a status says that nothing was done; a course that ended for a reason was given."""
    return bool(_RETRACTED.search(words := plain(text)) or _NOT_STARTED.search(words))


@lru_cache(maxsize=4096)
def names_person(text: str) -> bool:
    """Return whether words speak of somebody, or something, else than the patient: a donor, a relative, a control."""
    return bool(_PERSON.search(plain(text)))


@lru_cache(maxsize=4096)
def is_no_diagnosis(text: str) -> bool:
    """Return whether the category of a diagnosis says that it is of somebody else, or only considered."""
    return names_person(text) or bool(_CONSIDERED.search(plain(text)))


@lru_cache(maxsize=4096)
def is_no_result(text: str) -> bool:
    """Return whether the name of a test says that its value is none of now: a goal, an earlier value, a denial."""
    return bool(_TARGET.search(plain(text)))
