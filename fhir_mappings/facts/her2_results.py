"""The HER2 result of a tissue by in situ hybridization, and its score by immunohistochemistry."""

from types import MappingProxyType

from fhir_mappings.facts.fhir_kind import FhirKind, Newest, TextForms
from fhir_mappings.her2.ihc import her2_ihc
from fhir_mappings.her2.ish import NEGATIVE_ALONE, her2_ish
from fhir_mappings.her2.results import COUNTS, IHC, ISH
from fhir_mappings.her2.sides import hybridization_sides, stain_sides
from fhir_mappings.her2.units import CENTROMERES, COPIES, RATIO
from fhir_mappings.meanings.of_her2_words import her2_score, hybridization
from fhir_mappings.population.her2_logic import HER2, ihc_values, ish_values
from fhir_mappings.population.logic_record import PopulationLogic
from fhir_mappings.sketches import her2
from policies.kinds.her2 import HER2_IHC, HER2_ISH

RECORDS = (
    FhirKind(
        HER2_ISH,
        her2_ish,
        frozenset({"Observation"}),
        newest=Newest.RESULT,
        other_tests=frozenset({IHC}),
        texts=TextForms("ish", ISH),
        means=hybridization,
        stands=hybridization_sides,
        inferred=frozenset({NEGATIVE_ALONE}),
        logic=PopulationLogic(ish_values, HER2),
        draws=MappingProxyType({"her2 ish": her2.her2_ish}),
    ),
    FhirKind(
        HER2_IHC,
        her2_ihc,
        frozenset({"Observation"}),
        newest=Newest.RESULT,
        other_tests=frozenset({ISH, RATIO, COPIES, CENTROMERES, COUNTS}),
        texts=TextForms("ihc", IHC),
        means=her2_score,
        stands=stain_sides,
        logic=PopulationLogic(ihc_values, HER2),
        draws=MappingProxyType(
            {"her2 ihc": her2.her2_ihc, "her2 overall": her2.her2_overall, "serum her2": her2.serum_her2}
        ),
    ),
)
