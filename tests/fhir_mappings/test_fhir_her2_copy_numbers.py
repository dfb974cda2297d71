"""ERBB2 copies by sequencing: shown under the ISH, proposed from six on, and never proof."""

import pytest
from fhir_charts import LOINC, Json, coded, concept, condition, finding, observation, resource

from policies.model.findings import Finding, State

GENES = "http://www.genenames.org"
PRESENT = coded("LA9633-4", LOINC, display="Present")
ABSENT = coded("LA9634-2", LOINC, display="Absent")


def gene(**words: str) -> Json:
    return {"code": concept("48018-6"), **coded("HGNC:3430", GENES, **words)}


def copies(number: float) -> Json:
    code = concept("82155-3", display="Genomic structural variant copy number")
    return {"code": code, "valueQuantity": {"value": number}}


def change(words: str) -> Json:
    return {"code": concept("48019-4"), "valueCodeableConcept": {"text": words}}


def variant(value: Json, *parts: Json, **members: Json | str) -> Json:
    return observation("69548-6", value, component=list(parts), **({"id": "seq"} | members))


def ish(*values: Json) -> Finding:
    return finding("her2_ish_result", condition(), *values)


@pytest.mark.parametrize(
    "record",
    [
        variant(PRESENT, gene(display="ERBB2"), copies(12)),
        variant(PRESENT, gene(), copies(6)),
        variant(PRESENT, gene(), copies(5.9)),
        variant(PRESENT, gene(), change("amplification")),
        variant(PRESENT, {"code": concept("48018-6"), "valueCodeableConcept": {"text": "HER2"}}, copies(7)),
        variant(ABSENT, gene(), copies(2)),
        variant(PRESENT, gene(), {"code": concept("82155-3"), "valueQuantity": {"value": 14}}),
        variant(
            PRESENT, gene(), {"code": concept("48019-4"), **coded("SO:0001742", "http://www.sequenceontology.org")}
        ),
        variant(PRESENT, gene(), copies(12), status="preliminary"),
        variant(PRESENT, gene(), copies(12), modifierExtension=[{"url": "https://x.example/y", "valueBoolean": True}]),
        observation("", {"valueString": "Amplified"}, code={"text": "ERBB2 copy number (NGS)"}, id="seq"),
        resource("DiagnosticReport", status="final", conclusion="Amplificación de ERBB2 detectada (NGS)", id="seq"),
    ],
)
def test_copies_by_sequencing_are_shown_and_prove_nothing(record: Json) -> None:
    found = ish(record)
    assert found.state is State.UNKNOWN
    assert f"{record['resourceType']}/seq" in found.note


@pytest.mark.parametrize(
    "record",
    [
        variant(PRESENT, gene(), copies(12), status="entered-in-error"),
        variant(PRESENT, gene(), change("substitution")),
        variant(
            PRESENT, {"code": concept("48018-6"), **coded("HGNC:3236", GENES, display="EGFR")}, copies(12), id="seq"
        ),
    ],
)
def test_a_mutation_another_gene_and_what_was_withdrawn_are_not_shown(record: Json) -> None:
    assert "seq" not in ish(record).note


@pytest.mark.parametrize("status", ["final", "preliminary"])
def test_a_negative_stain_beside_copies_by_sequencing_leaves_the_hybridization_open(status: str) -> None:
    stain = observation("85319-2", {"valueString": "1+"})
    assert ish(stain).state is State.KNOWN
    assert ish(stain, variant(PRESENT, gene(), copies(12), status=status)).state is State.UNKNOWN


@pytest.mark.parametrize("system", [None, "urn:oid:1.2.3"])
def test_an_interpretation_of_no_known_system_contradicts_and_never_proves(system: str | None) -> None:
    told = [{"coding": [{"code": "NEG"} | ({"system": system} if system else {})]}]
    against = finding("her2_ihc_score", condition(), observation("85319-2", {"valueString": "3+"}, interpretation=told))
    alone = finding("her2_ihc_score", condition(), observation("85319-2", None, interpretation=told))
    assert (against.state, alone.state) == (State.CONFLICTING, State.UNKNOWN)


def test_a_value_beside_the_reason_why_there_is_none_proves_nothing() -> None:
    torn = {"valueString": "3+", "dataAbsentReason": {"text": "error"}}
    assert finding("her2_ihc_score", condition(), observation("85319-2", torn)).state is State.UNKNOWN
    ratio = {"code": concept("49683-6"), "valueQuantity": {"value": 2.5}, "dataAbsentReason": {"text": "error"}}
    assert ish(observation("74885-5", None, component=[ratio])).state is State.UNKNOWN
