"""Texts that name a score, a word or a number, and are no result of this tumor's HER2 that can decide."""

IHC = """
HER3+
HER3 3+
HER4 3+
HER1 3+
ERBB3 3+
EGFR 3+
EGFR positive (3+)
ER 3+
ER 3+, PR 2+
ER positive, 3+
ER 95%, PR 80%, HER2 3+
PR 3+
PgR 3+
AR 3+
Ki-67 3+
PD-L1 3+
p53 3+
p16 3+
GATA3+
GATA3 3+
TRPS1+
TRPS1 3+
CDX2+
WT1+, PAX8-
MUC1+
CD3+
CD3+, CD20-
CK7 3+
CK7+
S100 3+
SOX10 3+
E-cadherin 3+
Mammaglobin 3+
GCDFP15 3+
TTF1 3+
Synaptophysin 3+
BRCA1 3+
HER2 0; EGFR 3+
HER3 3+; HER2 0
HER2 1+, positive = 3+
HER2 0, ER 3+
HER2 1+ (ER 3+)
3+ (ER)
positive = 3+
Positive: 3+
3+ = positive
3+ is positive
ASCO/CAP: positive = 3+
ASCO/CAP: 3+ positive
Criteria for positivity: 3+
Positive is defined as 3+
Definition of positive: 3+
Cutoff 3+
Threshold 3+
Reference: 3+
Reference range: 0-1+
Scoring: 3+ positive
0 = negative, 1+ = negative, 2+ = equivocal, 3+ = positive
0-1+ negative, 2+ equivocal, 3+ positive
0 (3+ is positive)
1+ (positive is 3+)
1+ (3+ = positive)
2+ (see scale: 3+ positive)
Legend: 3+ positive
Key: 0, 1+, 2+, 3+
IHC range 0 to 3+
0, 1+, 2+ or 3+
Score range 0-3+
Scored 0 to 3+
2-3+
2+-3+
2+/3+
2 to 3+
2+ to 3+
2+ or 3+
2+ and 3+
between 2+ and 3+
0-1+
1+/2+
2+ (focal 3+)
3+ focal
focally 3+
3+ in 5% of cells
3+ in 10% of cells
3+ in <10% of cells
3+ in less than 10% of tumor cells
3+ (10%)
3+ (5%), 1+ (60%)
3+ in 2-5% of cells
3+ heterogeneous
3+ in rare cells
3+ in scattered cells
weak 3+
3+, weak staining
3+, incomplete staining
not 3+
not 3 plus
no 3+
no 3+ staining
never 3+
non 3+
without 3+
less than 3+
<3+
>2+
at least 2+
up to 3+
below 3+
Falls short of 3+
does not reach 3+
fails to reach 3+
3+ not seen
3+ is not present
3+ excluded
3+ cannot be excluded
3+ ruled out
rule out 3+
r/o 3+
R/O HER2 3+
possible 3+
possibly 3+
probable 3+
probably 3+
likely 3+
3+?
?3+
3+ ??
suspicious for 3+
suspected 3+
favor 3+
consistent with 3+
compatible with 3+
suggestive of 3+
near 3+
approaching 3+
almost 3+
approximately 3+
query 3+
question of 3+
HER2 3+ vs 2+
3+ versus 2+
if 3+
if 3+, treat with trastuzumab
unless 3+
3+ would be positive
3+ expected
expect 3+
goal 3+
previous 3+
previously 3+
prior 3+
prior biopsy 3+; now 1+
formerly 3+
history of 3+
old report 3+
was 3+, now 0
initially 3+
originally 3+
3+ in 2019
3+ previously
outside 3+
outside report: 3+
outside hospital 3+
per outside pathology 3+
external: 3+
referring lab 3+
reported elsewhere as 3+
patient reports 3+
patient states HER2 3+
per patient 3+
mother 3+
mother HER2 3+
sister's tumor 3+
wife 3+
family member 3+
donor 3+
another patient 3+
wrong patient 3+
3+ - CANCELLED, wrong patient
3+ cancelled
CANCELLED: 3+
VOID 3+
3+ in error
entered in error 3+
erroneous 3+
mislabeled 3+
corrected from 3+
corrected: 3+ to 1+
amended from 3+
Amended: 3+
addendum 3+
3+, see addendum
see addendum: 3+
3+ to be confirmed
confirm 3+
unconfirmed 3+
unverified 3+
pending 3+
3+ pending
preliminary 3+
Preliminary: 3+
draft 3+
DRAFT 3+
provisional 3+
interim 3+
repeat 3+
repeat if 3+
sent for 3+ confirmation
sent out 3+
ordered 3+
requested 3+
3+ requested
HER2 3+ ordered
scheduled 3+
to follow 3+
awaiting 3+
control 3+
positive control 3+
external control 3+
internal control 3+
3+ control
control tissue 3+, tumor 0
normal ducts 3+
Normal ducts 3+
benign epithelium 3+
DCIS 3+
3+ in DCIS
3+ in DCIS only
in situ component 3+
in-situ 3+, invasive 0
lymphocytes 3+
stroma 3+
cytoplasmic 3+
cytoplasmic staining 3+
nuclear 3+
3+ edge artifact
3+ artifact
crush artifact 3+
background 3+
Slide 3+ received
slide 3
Block A3+
block 3
A3+
3+ blocks
3 of 5 blocks
3 cores
3/3 cores
3 specimens
3 slides
Part 3+
Specimen 3: positive
Grade 3+
Grade 3
grade 3, HER2
nuclear grade 3
intensity 3+
Intensity: 3+
staining intensity 3
proportion score 3
Allred 3
Allred score 3
H-score 3
H-score 300
IRS 3
Total score 3
pT3+
T3
N3
stage 3
x3+
3+3
3++
3+ +
++++
4+
4
30
13+
2.5
-3
3-
HER2-
HER2+
HER2 +
HER2 (+)
(+)
+/-
-
HER2
HER2 IHC
HER2 IHC score
HER2 protein expression
HER2 overexpression
Immunohistochemistry
Score
Positive
POSITIVE
HER2 positive
HER2: Positive
HER2 overexpressed
HER2-low
Low
High
Abnormal
Normal
Detected
Reactive
Strong
Strong staining
complete membrane staining
90%
90% of cells
Indeterminate
Inconclusive
Insufficient
Not performed
Not done
Unknown
N/A
See report
See note
Pending
TNP
QNS
HER2 by IHC sent
Sent for HER2 IHC
HER2 IHC ordered
HER2 testing requested
HER2 positive disease
HER2 positive breast cancer
HER2 positive, on trastuzumab
trastuzumab for HER2 3+
Amplified
FISH amplified
FISH positive
FISH ratio 2.4
HER2 mutation positive
HER2 serum 3+
serum HER2 positive (3+)
Anti-HER2 3+
HER2 3+ by report
HER2 3+ per Dr. Smith
HER2 3+ per oncologist
HER2 3+ on primary
HER2 3+ (primary), 0 (metastasis)
HER2 3+ in liver, 1+ in breast
left 3+, right 0
right breast 0, left breast 3+
tumor 1: 3+; tumor 2: 0
3+ in one focus
3+ | 1+
1+ --> 3+
1+ -> 3+
from 1+ to 3+
changed to 3+
upgraded to 3+
3+ (downgraded)
3+ *
3+#
3+!
~3+
<b>3+</b>
&gt;3+
kein 3+
nicht 3+
keine Expression, nicht 3+
Kontrolle 3+
Verdacht auf 3+
positiv (3+)
HER2 positiv 3+
stark positiv 3+
negativ 3+
auswärts 3+
Pas de 3+
absence de 3+
contrôle 3+
score positif 3+
témoin 3+
antérieur 3+
não 3+
sem 3+
controle 3+
laudo externo 3+
assente 3+
nessun 3+
controllo 3+
niet 3+
geen 3+
ikke 3+
inte 3+
нет 3+
не 3+
Previo: 3+
previamente 3+
Informe externo 3+
no es 3+
no alcanza 3+
sin 3+
nunca 3+
descartar 3+
se descarta 3+
posible 3+
sospecha de 3+
dudoso 3+
si 3+
control positivo 3+
madre 3+
hermana 3+
pendiente 3+
solicitado 3+
enviado 3+
borrador 3+
anulado 3+
error 3+
otro paciente 3+
umbral 3+
criterio: 3+
positivo = 3+
menos de 3+
mayor de 2+
intensidad 3+
Grado 3
antecedente de 3+
carcinoma in situ 3+
"""

ISH = """
HER2 gene amplification by FISH
HER2 gene amplification
HER2 amplification
Amplification
Gene amplification by FISH
HER2 FISH
HER2 amplification study
HER2 amplification analysis
HER2/CEP17
HER2/CEP17 ratio
FISH for HER2 amplification
Evaluation for HER2 amplification
Assessment of HER2 amplification
Test for HER2 amplification
HER2 amplification testing
Sent for HER2 amplification testing
Sent out for HER2 amplification
Send for amplification
FISH ordered to rule out amplification
Amplification study ordered
HER2 FISH ordered
Amplification analysis in progress
Amplification pending
FISH pending
Amplification to follow
Amplified, to be confirmed
HER2 amplification: see addendum
Amplification: see report
Amplified per outside report
Outside: amplified
Previously amplified
Prior amplified
Previously positive
History of amplification
history of positive FISH
Formerly amplified
Was amplified in 2019, now not
amplified in the primary
Amplified (primary), not in the metastasis
Preliminary: amplified
DRAFT amplified
Provisional: amplified
Amplified - wrong patient
Amplified - cancelled
CANCELLED: amplified
Entered in error: amplified
Amended from amplified
Corrected: amplified to not amplified
Amplified?
?amplified
Query amplification
Question of amplification
rule out amplification
r/o amplification
R/O HER2 amplification
HER2 amplification ruled out
amplification excluded
amplification cannot be excluded
Cannot exclude amplification
possible amplification
Possibly amplified
Probable amplification
Probably amplified
likely amplified
Amplification likely
Amplification unlikely
Suspicious for amplification
Suspected amplification
Consistent with amplification
Favor amplified
Suggests amplification
Near-amplified
Nearly amplified
Borderline amplified
Less than amplified
Below threshold for amplification
Threshold for amplification
Cutoff for amplification
Cutoff 2.0
Criteria for amplification: ratio 2.0
Amplification is defined as ratio >= 2.0
Definition: amplified if ratio >= 2.0
Positive >= 2.0
positive >= 2.0
Amplified: ratio >= 2.0
Amplified = ratio >= 2.0
amplified >= 2.0
Ratio >= 2.0
Ratio >= 2.0 amplified
Amplified >= 2.0, not amplified < 2.0
Not amplified < 2.0, amplified >= 2.0
Ratio 1.1; positive >= 2.0
Ratio 1.1 (positive >= 2.0)
Ratio 1.1, amplified if >= 2.0
Ratio 1.1, amplified if 2.0
1.4 (amplification >= 2.0)
HER2/CEP17 1.3; cutoff for amplification 2.0
HER2/CEP17 ratio 1.1 (normal < 2.0)
Ratio 1.3; reference 2.0
Ratio 1.8-2.2
Ratio 1.8 to 2.4
Ratio about 2.4
Ratio approximately 2.4
Ratio ~2.4
Ratio not 2.4
Ratio below 2.4
Ratio up to 2.4
Ratio expected 2.4
Prior ratio 2.4
Previous ratio: 2.4
Control ratio 2.4
Normal ratio 2.4
Ratio 2,4
Ratio 2.4 or 1.1
Ratio 2.4 vs 1.1
Ratio 2.4 in 5% of cells
Ratio: .5
Ratio 1.99
HER2/CEP17 ratio 1.2
Ratio < 2.0
2.4
2.4:1
6.5
Copies 6.5
Copy number 6.5
6.5 copies
Average copy number 8.1
MYC/CEP8 ratio 2.4
EGFR/CEP7 ratio 3.0
TOP2A/CEP17 ratio 2.4
TOP2A amplified
EGFR amplified
MYC amplified
ERBB3 amplified
HER3 amplified
CCND1 amplified
FGFR1 amplified
MET amplified
MDM2 amplified
ER positive
PR positive
ER positive, PR positive
Ki-67 positive
PD-L1 positive
BRCA positive
p53 positive
Margins positive
Lymph node positive
node positive
Nodes positive (3/12)
Polysomy 17 positive
positive for polysomy 17
Polysomy
Positive for carcinoma
Positive for malignancy
Positive (3+)
3+
IHC 3+
HER2 IHC 3+
Score 3
Positive control: amplified
Control: amplified
control amplified
Control cells amplified
internal control positive
Normal cells: not amplified; control: amplified
Donor: amplified
Mother: amplified
Sister HER2 positive
Family history positive
Laboratory denies amplification
Denies amplification
Patient says positive
Positive per patient
No positive
Not positive
not negative
neither positive nor negative
amplification undetected
Amplification not tested
Amplification not performed
Amplification failed
FISH failed
Not interpretable
Uninterpretable
Insufficient tissue for amplification
insufficient tissue, cannot be called positive
Indeterminate
Inconclusive
Not performed
Unknown
pending
TNP
Low level amplification
low-level HER2 amplification
Low amplification
High amplification
High-level amplification
Focal amplification
Heterogeneous amplification
Heterogeneous amplification (5-50% of cells)
Amplified in 4% of cells
Amplified in 4% of cells (genetic heterogeneity)
Amplified in a subset
Amplified in 2 of 20 cells
Amplified clone
Partially amplified
Amplified subpopulation
Clustered amplification
Amplification: N
Amplification: Y
Amplification: ?
Amplification: +
Amplification +
Amplification: 1
Amplified 1
HER2+
HER2 +
+
positive?
positive/negative
positive or negative
positive vs negative
if positive, treat
positive if ratio above 2
positive expected
Positive expected
positive ISH would be needed
Reflex to FISH if 2+
Reflex FISH
IHC 2+, FISH to follow
IHC 2+
ISH requested
Not amplified vs amplified
Amplified by NGS
Amplification by sequencing
ERBB2 amplification by NGS
ERBB2 copy number gain
ERBB2 gain
copy number 12 by sequencing
ERBB2 amplification detected by FoundationOne
HER2 mutation positive
HER2 exon 20 insertion detected
Positive for ERBB2 mutation
serum HER2 positive
Single-probe: HER2 copies 6.5, 10 cells counted
HER2 copy number 6.5, 19 cells counted
Average HER2 copy number 3.1; 12 nuclei scored
Dual-probe: average HER2 copy number 4.5
Dual-probe: average HER2 copy number 3.1
CEP17 copies 6.5
Chromosome 17 copy number 7.0
Group 1
ISH group 1
Group 5
Detected
Present
Yes
Abnormal
Normal
HER2 amplified disease on trastuzumab
trastuzumab for amplified HER2
amplifiziert
nicht amplifiziert
kein Nachweis einer Amplifikation
HER2 amplifié
non amplifié
pas d'amplification
amplification absente
sans amplification
não amplificado
amplificato
non amplificato
niet geamplificeerd
posible amplificación
probable amplificación
sospecha de amplificación
descartar amplificación
se descarta amplificación
amplificación pendiente
Estudio de amplificación solicitado
Enviado para amplificación
control amplificado
previamente amplificado
informe externo: amplificado
madre: amplificado
amplificado si ratio mayor de 2
umbral de amplificación 2.0
amplificación del gen HER2 por FISH
casi amplificado
amplificado en otro paciente
preliminar: amplificado
anulado: amplificado
amplificado?
no descarta amplificación
baja amplificación
amplificación heterogénea
EGFR amplificado
márgenes positivos
"""

ECOG = """
ECOG
ECOG PS
ECOG performance status
Performance status
WHO
1?
?1
ECOG ?1
ECOG 1?
ECOG ~1
ECOG about 1
ECOG <2
ECOG <= 2
ECOG < 2
ECOG >= 1
ECOG >1
up to 2
at least 1
at most 2
ECOG 0-2
ECOG 0-2 required
ECOG 0 to 2
0-3
1-3
2-1
ECOG 12
ECOG 6
ECOG 7
10
-1
1.5
ECOG 1.5
01/02
1/5
1 of 5
1/4
1 out of 4
1%
KPS 80
Karnofsky 80
KPS 80%
ECOG 1, KPS 40
ECOG 3, KPS 90
ECOG 0, KPS 60
ECOG 1, Lansky 80
Lansky 80
90%
ECOG 1 (was 3)
ECOG was 1
ECOG 1 last year
previous ECOG 1
prior ECOG 1
ECOG 1 previously
ECOG 1 before treatment
ECOG 1 at diagnosis
baseline ECOG 1
ECOG 1 in 2024
ECOG 1, formerly 0
1, formerly 0
ECOG 1, now 3
ECOG 3 -> 1
ECOG 1 to be confirmed
ECOG expected 1
ECOG anticipated 1
ECOG will be 1
target ECOG 1
goal ECOG 1
ECOG should be 1
ECOG 1 if treated
if ECOG 1
ECOG 1 required
eligible if ECOG 1
inclusion: ECOG 1
criteria ECOG 1
ECOG must be 1
needs ECOG 1
ECOG not 1
not ECOG 1
no ECOG 1
ECOG not done
ECOG not assessed
ECOG unknown
ECOG pending
ECOG deferred
ECOG declined
ECOG N/A
ECOG unable to assess
ECOG possibly 1
ECOG probably 1
ECOG likely 1
possible 1
estimated ECOG 1
approximate 1
ECOG 1 per patient
ECOG 1 per family
patient says 1
wife ECOG 1
mother ECOG 1
caregiver 1
ECOG 1 in error
wrong patient ECOG 1
ECOG 1 cancelled
draft 1
preliminary 1
ECOG 1 see note
ECOG 1 vs 2
ECOG 1 or 2
1 or 3
1 and 3
1, 3
ECOG 1; ECOG 3
ECOG 1 (3)
ECOG 1 - Completely disabled
3 - Fully active
0 - Bedbound
1 - Capable of only limited selfcare
ECOG 2: Fully active
4 - Asymptomatic
good
fair
poor
normal
excellent
restricted
Restricted
Ambulatory
Symptomatic
Asymptomatic
unable to work
in bed
Grade I
ECOG I
ECOG one
ECOG 1+
ECOG A
tumor grade 1
histologic grade 1
stage 1
pain 1
pain score 1
NYHA 1
NYHA class 1
ASA 1
Child-Pugh 1
CTCAE grade 1
toxicity grade 1
neuropathy grade 1
fatigue 1
Gleason 1
G8 score 1
PHQ 1
BMI 1
line 1
cycle 1
day 1
visit 1
1 week
1 day ago
1 tablet
scale 0-5
0 = fully active, 5 = dead
0 = fully active, 1 = restricted, 2 = ambulatory
ECOG (0-5)
ECOG scale 0 to 5
ECOG 1 of 0-5
kein ECOG 1
nicht 1
ECOG-Status gut
ECOG vorher 1
pas 1
ECOG avant 1
ECOG estimé 1
não 1
ECOG anterior 1
ECOG previo 1
ECOG previo: 1
sin ECOG
no 1
ECOG no valorado
ECOG pendiente
ECOG posible 1
ECOG menor de 2
madre ECOG 1
ECOG esperado 1
error 1
"""


def lines(text: str) -> list[str]:
    """Return the texts of a table, one a line."""
    return text.strip().splitlines()
