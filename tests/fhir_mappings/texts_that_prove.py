"""Texts as laboratories, pathologists and interfaces write them, by what a pathologist reads in them."""
# ruff: noqa: E501

IHC = {
    "3+": """
3+
3 +
+++
3 plus
3
(3+)
HER2 3+
HER2: 3+
HER-2: 3+
HER-2/neu 3+
HER2/neu: 3+
Her2neu 3+
c-erbB-2: 3+
ERBB2 3+
HER2+++
HER2 (3+)
HER2 IHC 3+
HER2 IHC: 3+
HER2 (IHC): 3+
HER2 by IHC: 3+
HER2 by immunohistochemistry: 3+
HER2 IHC - 3+
HER2 IHC = 3+
IHC 3+
IHC: 3
IHC score 3+
IHC score: 3
Score 3
Score 3+
Score: 3+
score of 3+
Score 3/3
3+/3
3+ / 3+
HER2 score 3+
HER2 IHC score: 3+
HER2 status: 3+
HER2 result: 3+
Result: 3+
Interpretation: Positive (3+)
Positive (3+)
Positive 3+
Positive, 3+
Positive - 3+
POSITIVE (3+)
POSITIVE (SCORE 3+)
Positive (Score 3+)
Positive, score 3+
Positive (IHC 3+)
Positive; IHC 3+
3+ (positive)
3+ positive
3+, positive
3+ - Positive
3+; Positive
HER2 positive (3+)
HER2 Positive, 3+
HER2: Positive (3+)
HER2: POSITIVE; SCORE 3+
HER2/neu: Positive, score 3+
HER2 is positive (3+)
HER2 positive by IHC (3+)
HER2 positive (IHC 3+)
Positive for HER2 (3+)
Positive for HER2 protein overexpression (3+)
HER2 protein overexpression: 3+
HER2 protein overexpression: Positive (3+)
HER2 overexpression (3+)
HER2 overexpressed (3+)
IHC 3+ in 90% of cells
3+ in 90% of cells
3+ in 90 % of tumor cells
3+ (90%)
3+ in >10% of tumor cells
3+ in more than 10% of cells
3+, 95% of the tumor cells
Positive (3+) in approximately 80% of tumor cells
HER2 (IHC): 3+ in 95% of invasive tumor cells
3+, complete and intense membrane staining
3+ (strong complete membrane staining in >10% of tumor cells)
Positive (3+). See comment.
3+; see note
3+ (scale 0-3+)
3+, scale of 0 to 3+
3+ (reported 2026-03-02)
Positive (3+) per ASCO/CAP guidelines
Positive (3+), by 2018 ASCO/CAP guidelines
HER2 3+ (Ventana 4B5)
HercepTest: 3+
3+, FISH not performed
3+ (positive), ISH not performed
3+; FISH: not done
3+, FISH amplified
3+. Scoring: 0 = negative, 1+ = negative, 2+ = equivocal, 3+ = positive
Positive (3+). Reference: 0-1+ negative, 2+ equivocal, 3+ positive
HER2\\.br\\3+
Positivo (3+)
Positivo 3+
3+ (positivo)
HER2 positivo (3+)
HER2: positivo 3+
HER2/neu: Positivo (3+)
Score 3+ (positivo)
Puntuación 3+
Inmunohistoquímica: 3+
HER2 por inmunohistoquímica: 3+
IHQ HER2: 3+
Resultado: Positivo (3+)
3 cruces
3+ en 90% de las células tumorales
Sobreexpresión de la proteína HER2: positiva (3+)
""",
    "2+": """
2+
++
2 plus
HER2 2+
HER2: 2+
IHC 2+
IHC 2
Score 2+
Equivocal
Borderline
Equivocal (2+)
Equivocal 2+
2+ (equivocal)
2+ equivocal
2+ - Equivocal
HER2 equivocal (2+)
HER2: Equivocal (score 2+)
borderline (2+)
HER2-low (2+)
2+ in 40% of tumor cells
2+, weak to moderate membrane staining
2+, reflex to FISH pending
2+; FISH pending
2+ (FISH positive)
IHC 2+, FISH not amplified
Equívoco (2+)
HER2 equívoco 2+
HER2 2+ (equívoco)
""",
    "1+": """
1+
1 plus
HER2 1+
HER2: 1+
IHC 1+
Score 1
Negative (1+)
Negative 1+
Negative, 1+
1+ (negative)
1+ negative
HER2 negative (1+)
HER2: NEGATIVE (SCORE 1+)
Negative (IHC 1+)
HER2-low (1+)
1+ (HER2-low)
Negative (1+), HER2 low
1+ in 20% of tumor cells
1+, faint incomplete membrane staining
No HER2 overexpression (1+)
1+, FISH not performed
Negativo (1+)
HER2 negativo (1+)
1+ (negativo)
""",
    "0": """
0
0+
HER2 0
HER2: 0
IHC 0
Score 0
Negative (0)
Negative (score 0)
0 (negative)
HER2 negative (0)
HER2: Negative (IHC 0)
0 (no staining)
0, no membrane staining
0 (HER2-ultralow)
Negativo (0)
HER2 negativo (0)
0 (negativo)
0 (sin tinción)
""",
    "negative": """
Negative
NEGATIVE
Neg
HER2 negative
HER2: Negative
HER2 Negative by IHC
Negative for HER2 overexpression
Negative for HER2
HER2 not overexpressed
HER2 not over-expressed
No HER2 overexpression
No evidence of HER2 protein overexpression
Negative; FISH not done
HER2-negative
Negativo
HER2 negativo
Negativo para HER2
Sin sobreexpresión de HER2
""",
}

ISH = {
    "positive": """
Amplified
AMPLIFIED
amplified
HER2 amplified
HER2: Amplified
HER2 FISH: Amplified
FISH: amplified
FISH amplified
HER2 gene amplified
HER2 gene is amplified
HER2 amplified by FISH
ERBB2 amplified
Positive
POSITIVE
Pos
HER2 positive
HER2: Positive
FISH positive
HER2 FISH positive
HER2 ISH: Positive
HER2 positive by FISH
Positive by FISH
HER2-positive
Positive for HER2 amplification
Positive for HER2 gene amplification
Positive for HER2 gene amplification by FISH
HER2 gene amplification: Positive
HER2 gene amplification: Detected
HER2 gene amplification detected
HER2 gene amplification is present
HER2 gene amplification identified by FISH
HER2 amplification: Present
HER2 amplification: Yes
Amplification detected
Interpretation: Amplified
Result: Positive
FISH result: Positive
Amplified (ratio 4.2)
Amplified, ratio 2.4
Positive (ratio 2.0)
HER2 amplified (HER2/CEP17 ratio 5.1)
Ratio: 2.4
Ratio 2.0
Ratio = 2.0
HER2/CEP17 ratio 2.4
HER2/CEP17 ratio: 2.4
HER2/CEP17 ratio of 2.4
HER2:CEP17 ratio 2.4
HER2/CEN17 ratio 2.4
HER2/CEP17: 2.4
HER2 to CEP17 ratio is 3.1
Ratio (HER2/CEP17): 2.6
Ratio HER2/CEP17 2.6
FISH ratio 2.4
Ratio 2.4:1
Ratio >2.2
Ratio: 2.4, HER2 copies 6.1
Ratio 2.4; average HER2 copy number 6.1
HER2/CEP17 ratio 1.8, average HER2 copy number 6.0
Dual-probe: HER2/CEP17 ratio 4.2; average HER2 copy number 8.1; POSITIVE
Dual probe FISH: ratio 2.1, HER2 copies 4.0, CEP17 copies 1.9
Average HER2 copies per cell 8.4, average CEP17 copies per cell 2.1, ratio 4.0
HER2 copies 8.0, CEP17 copies 2.0
Average HER2 copy number 6.0
Mean HER2 copy number: 6.5
HER2 copy number 7.2
HER2 signals per cell: 6.3
HER2 copies/cell 6.3
Average HER2 signals/nucleus: 12.4
Single-probe: average HER2 copy number 6.5, 20 cells counted
Single probe ISH, HER2 copies 6.5, cells counted: 40
Positive (IHC 2+)
IHC 2+; FISH amplified
Amplified per ASCO/CAP guidelines
Amplified; see comment
Amplified (reference: amplified >= 2.0, not amplified < 2.0)
FISH: Positive. HER2/CEP17 ratio 3.4. Average HER2 copy number 7.9.
Amplificado
HER2 amplificado
FISH: amplificado
Gen HER2 amplificado
Positivo
FISH positivo
HER2 positivo por FISH
Amplificación detectada
Amplificación del gen HER2: positiva
Amplificación del gen HER2 detectada
Se detecta amplificación del gen HER2
Amplificado (ratio 4.2)
Ratio HER2/CEP17: 2.4
Cociente HER2/CEP17: 2.4
Hibridación in situ: positivo
""",
    "negative": """
Not amplified
NOT AMPLIFIED
Non-amplified
Nonamplified
Non amplified
Unamplified
Un-amplified
HER2 not amplified
HER2: Not amplified
HER2 FISH: not amplified
FISH: not amplified
HER2 gene not amplified
HER2 gene is not amplified
Negative
NEGATIVE
HER2 negative
FISH negative
HER2 FISH: Negative
HER2 negative by FISH
Negative for HER2 amplification
Negative for HER2 gene amplification by FISH
No HER2 amplification
No amplification
No HER2 gene amplification detected
No evidence of HER2 amplification
No evidence of HER2 gene amplification
No amplification detected
HER2 amplification: not detected
HER2 amplification not detected
HER2 gene amplification: Negative
Amplification: NEG
Amplification: absent
Amplification was not detected
Absence of HER2 amplification
Without amplification
Not amplified (ratio 1.2)
Not amplified, ratio 1.1
Ratio 1.2, not amplified
Ratio: 1.3; HER2 copies 2.6
HER2/CEP17 ratio 1.1, average HER2 copy number 2.3; see comment
HER2/CEP17 ratio 1.99, average HER2 copy number 3.9
Average HER2 copy number 3.9
HER2 copies 3.0, CEP17 copies 2.0
Not amplified (reference: not amplified < 2.0, amplified >= 2.0)
No amplificado
HER2 no amplificado
FISH: no amplificado
Gen HER2 no amplificado
Negativo
FISH negativo
Amplificación no detectada
No se detecta amplificación
No se detecta amplificación del gen HER2
Sin amplificación
Ausencia de amplificación
Sin evidencia de amplificación
""",
    "equivocal": """
Equivocal
Borderline
HER2 equivocal
FISH equivocal
HER2 FISH: Equivocal
Ratio 1.8, HER2 copies 4.5
HER2/CEP17 ratio 1.5; average HER2 copy number 5.9
Average HER2 copy number 4.0
Equívoco
FISH equívoco
""",
}

ECOG = {
    "0": """
0
ECOG 0
ECOG: 0
ECOG PS 0
ECOG 0 - Fully active
0 - Asymptomatic
0 - Fully active, able to carry on all pre-disease performance without restriction
Fully active, able to carry on all pre-disease performance without restriction
0 = Asymptomatic (Fully active)
ECOG 0, KPS 100
Zubrod 0
ECOG 0 - Asintomático
""",
    "1": """
1
ECOG 1
ECOG: 1
ECOG=1
ECOG PS 1
ECOG PS: 1
ECOG-PS 1
PS 1
PS: 1
PS ECOG 1
Performance status 1
ECOG performance status 1
ECOG performance status: 1
ECOG performance status of 1
ECOG score 1
ECOG score: 1
ECOG grade 1
Grade 1
ECOG status: 1
WHO 1
WHO PS 1
WHO performance status: 1
Zubrod 1
Zubrod score: 1
ECOG/WHO 1
ECOG/Zubrod: 1
Current ECOG: 1
ECOG 1 today
ECOG 1.
(1)
1 - Restricted
1 - Restricted in strenuous activity
1 - Restricted in physically strenuous activity
ECOG 1 - Restricted in physically strenuous activity
ECOG 1: Restricted in physically strenuous activity but ambulatory
1: Restricted in physically strenuous activity but ambulatory and able to carry out work of a light or sedentary nature
Restricted in physically strenuous activity but ambulatory and able to carry out work of a light or sedentary nature, e.g., light house work, office work
1 = Symptomatic but completely ambulatory
1 - Symptomatic, fully ambulatory
1 (ambulatory)
ECOG 1 (Restricted)
ECOG 1, KPS 80
ECOG 1; Karnofsky 80
ECOG 1 (KPS 90%)
KPS 70, ECOG 1
ECOG performance status - grade 1
ECOG performance status - grade 1 (finding)
ECOG 1 - Restringido en actividad física extenuante
ECOG 1 - Sintomático, ambulatorio
Estado funcional ECOG: 1
Estado funcional: 1
OMS 1
""",
    "2": """
2
ECOG 2
ECOG PS: 2
WHO performance status: 2
Zubrod 2
2 - Ambulatory, up more than 50% of waking hours
2: Ambulatory and capable of all self-care, but unable to carry out any work activities
ECOG 2 - Ambulatory and capable of all selfcare but unable to carry out any work activities. Up and about more than 50% of waking hours
2 - Symptomatic, <50% in bed
ECOG 2, KPS 60
""",
    "3": """
3
ECOG 3
3 - Capable of only limited selfcare, confined to bed or chair more than 50% of waking hours
ECOG 3 - Limited self-care
3 - Symptomatic, >50% in bed, but not bedbound
ECOG 3, KPS 40
""",
    "4": """
ECOG 4
4 - Completely disabled
4 - Bedbound
Completely disabled. Cannot carry on any selfcare. Totally confined to bed or chair
""",
    "0-1": """
0-1
ECOG 0-1
ECOG 0 to 1
ECOG PS: 0-1
""",
    "1-2": """
ECOG 1-2
1 to 2
""",
    "2-3": """
ECOG 2-3
""",
}

CONFLICTS_IHC = """
Negative (3+)
3+ negative
Positive (1+)
Positive (0)
Positive (2+)
3+, FISH negative
3+, FISH not amplified
3+ (HER2-low)
HER2 not overexpressed (3+)
3+, not performed
Positivo (1+)
Negativo (3+)
"""

CONFLICTS_ISH = """
Amplified (ratio 1.2)
Amplified, ratio 1.9
Positive; HER2/CEP17 ratio 1.1
HER2 amplified (HER2/CEP17 ratio 1.4, average HER2 copy number 3.1)
Not amplified (ratio 2.5)
Negative, ratio 2.0
Not amplified, HER2 copies 7.1, ratio 1.5
Amplified, not amplified
Positive. Negative.
Average HER2 copy number 3.0; amplified; see comment
Amplificado (ratio 1.2)
No amplificado (ratio 2.4)
"""


def lines(text: str) -> list[str]:
    """Return the texts of a table, one a line."""
    return [line.replace("\\\\", "\\") for line in text.strip().splitlines()]
