"""The ordered dose in every form that R4 has for it, and what is certain of it."""

from dataclasses import fields, is_dataclass, replace
from datetime import date
from typing import Any

import pytest
from fhir_charts import BREAST, MYELOMA, ON, before, chart_of, given, observation, order_of, quantity

from fhir_mappings.chart.chart import Chart
from fhir_mappings.chart.policy_chart import Reading
from fhir_mappings.dosing.sheet import DosingSheet
from fhir_mappings.judgement.judge import Judge
from tests import world
from tests.words import said

Json = dict[str, Any]
UCUM = "http://unitsofmeasure.org"
POLICIES = world.policies()


def amount(value: Any, unit: str = "mg", **more: Any) -> Json:
    return {"value": value, "unit": unit, "system": UCUM, "code": unit} | more


def weight(value: Any = 70, unit: str = "kg", on: str | None = before(5), test: str = "29463-7", **more: Any) -> Json:
    return observation(test, {"valueQuantity": amount(value, unit)}, on=on, **more)


def dosage(*doses: Json, **more: Any) -> Json:
    return {"doseAndRate": list(doses)} | more


def every(period: Any, unit: str = "d", **more: Any) -> Json:
    return {"timing": {"repeat": {"frequency": 1, "period": period, "periodUnit": unit} | more}}


def sheet(*instructions: Any, chart: tuple[Json, ...] = (weight(),), drug: str = BREAST, **order: Any) -> DosingSheet:
    named = {"dosageInstruction": list(instructions)} | order
    judge = Judge(POLICIES)
    judged = judge.judge([order_of(drug, **named)], chart_of(*chart), date.fromisoformat(ON))[0]
    assert judged.dosing is not None
    return judged.dosing


def verdict(*instructions: Any, **more: Any) -> tuple[str, str]:
    found = sheet(*instructions, **more).judged
    return found.verdict.value, found.why.value


FITS = ("within", "no_interval")


@pytest.mark.parametrize(
    "dose",
    [
        {"doseQuantity": amount(1050)},
        {"doseQuantity": amount("1.05", "g") | {"value": 1.05}},
        {"doseQuantity": amount(1_050_000, "ug")},
        {"doseQuantity": amount(15, "mg/kg")},
        {"doseQuantity": amount(15, "mg/kg{dose}")},
        {"doseQuantity": {"value": 1050, "unit": "mg"}},
        {"doseQuantity": {"value": 1050, "unit": "milligrams"}},
        {"doseQuantity": {"value": 1050, "code": "mg"}},
        {"doseRange": {"low": amount(1000), "high": amount(1100)}},
        {"doseRange": {"low": amount(14, "mg/kg"), "high": amount(16, "mg/kg")}},
        {"rateQuantity": amount(15, "mg/kg")},
        {"rateRatio": {"numerator": amount(15), "denominator": amount(1, "kg")}},
        {"rateRatio": {"numerator": amount(1050), "denominator": amount(70, "kg")}},
    ],
)
def test_each_form_of_the_policys_dose_is_read(dose: Json) -> None:
    assert verdict(dosage(dose)) == FITS


@pytest.mark.parametrize(
    "dose",
    [
        {"doseQuantity": amount(1050, "mg/m2")},
        {"doseQuantity": amount(42, "mL")},
        {"doseQuantity": amount(5, "{vial}")},
        {"doseQuantity": {"value": 1050}},
        {"doseQuantity": {"value": 1050, "unit": "mg", "system": "urn:oid:1.2.3", "code": "mg"}},
        {"doseQuantity": {"value": 1050, "unit": "g", "system": UCUM, "code": "mg"}},
        {"doseQuantity": amount(1050, comparator="<=")},
        {"doseQuantity": amount(0)},
        {"doseQuantity": amount(-1050)},
        {"doseQuantity": amount(1e30)},
        {"doseRange": {"low": amount(1000)}},
        {"doseRange": {"low": amount(1000), "high": amount(1.1, "g")}},
        {"doseRange": {"low": amount(1100), "high": amount(1000)}},
        {"rateQuantity": amount(525, "mg/h")},
        {"rateRatio": {"numerator": amount(1050), "denominator": amount(2, "h")}},
        {"rateRatio": {"numerator": amount(1050), "denominator": {"value": 1}}},
        {},
    ],
)
def test_what_does_not_say_how_much_is_not_read(dose: Json) -> None:
    assert verdict(dosage(dose)) == ("unknown", "unread")


def test_a_rate_with_its_duration_says_how_much() -> None:
    rate = {"rateRatio": {"numerator": amount(525), "denominator": amount(1, "h")}}
    lasting = {"timing": {"repeat": {"duration": 120, "durationUnit": "min"}}}
    assert verdict(dosage(rate, **lasting)) == FITS
    assert verdict(dosage(rate, timing={"repeat": {"duration": 180, "durationUnit": "min"}}))[0] == "above"
    longest = {"repeat": {"duration": 120, "durationMax": 180, "durationUnit": "min"}}
    assert verdict(dosage(rate, timing=longest)) == ("unknown", "unread")


@pytest.mark.parametrize(
    ("timing", "found"),
    [
        (every(21), ("within", "fits")),
        (every(3, "wk"), ("within", "fits")),
        (every(504, "h"), ("within", "fits")),
        (every(20), ("above", "too_often")),
        (every(22), ("below", "less_often")),
        (every(1, "mo"), ("below", "less_often")),
        (every(21, periodMax=28), ("within", "fits")),
        (every(14, periodMax=28), ("within", "fits")),
        (every(21, frequencyMax=2), ("within", "fits")),
        (every(21, frequency=2), ("above", "too_often")),
        (every(3, "wk", dayOfWeek=["mon"]), ("within", "fits")),
        (every(3, "wk", dayOfWeek=["mon", "thu"]), ("unknown", "unread_interval")),
        (every(21, "fortnight"), ("unknown", "unread_interval")),
        (every(0), ("unknown", "unread_interval")),
        ({"timing": {"repeat": {"count": 1}}}, FITS),
        ({"timing": {"repeat": {"dayOfWeek": ["mon"]}}}, ("unknown", "unread_interval")),
        ({"timing": {"event": ["2026-11-24"]}}, FITS),
        ({"timing": {"event": ["2026-11-24", "2026-12-01"]}}, ("unknown", "unread_interval")),
        ({"timing": {}}, FITS),
    ],
)
def test_the_interval_is_read_from_its_numbers(timing: Json, found: tuple[str, str]) -> None:
    assert verdict(dosage({"doseQuantity": amount(15, "mg/kg")}, **timing)) == found


GTS = "http://terminology.hl7.org/CodeSystem/v3-GTSAbbreviation"


@pytest.mark.parametrize(
    ("code", "system", "found"),
    [
        ("WK", GTS, ("above", "too_often")),
        ("MO", GTS, ("below", "less_often")),
        ("BID", GTS, ("above", "too_often")),
        ("QOD", GTS, ("above", "too_often")),
        ("Q3W", GTS, ("unknown", "unread_interval")),
        ("WK", "urn:oid:1.2.3", FITS),
    ],
)
def test_the_interval_is_read_from_its_code(code: str, system: str, found: tuple[str, str]) -> None:
    timing = {"code": {"coding": [{"system": system, "code": code}]}}
    assert verdict(dosage({"doseQuantity": amount(15, "mg/kg")}, timing=timing)) == found


def test_a_code_and_numbers_that_disagree_are_not_read() -> None:
    timing = {"code": {"coding": [{"system": GTS, "code": "WK"}]}, "repeat": {"period": 21, "periodUnit": "d"}}
    assert verdict(dosage({"doseQuantity": amount(15, "mg/kg")}, timing=timing)) == ("unknown", "unread_interval")


@pytest.mark.parametrize(
    ("doses", "found"),
    [
        ([amount(15, "mg/kg"), amount(1050)], FITS),
        ([amount(20, "mg/kg"), amount(1400)], ("above", "dose_above")),
        ([amount(15, "mg/kg"), amount(1400)], ("unknown", "differ")),
        ([amount(15, "mg/kg"), amount(42, "mL")], ("unknown", "unread")),
    ],
)
def test_two_statements_of_one_dose_must_agree(doses: list[Json], found: tuple[str, str]) -> None:
    assert verdict(dosage(*({"doseQuantity": one} for one in doses))) == found


def test_without_a_weight_the_dose_by_weight_still_speaks() -> None:
    both = dosage({"doseQuantity": amount(20, "mg/kg")}, {"doseQuantity": amount(1400)})
    assert verdict(both, chart=()) == ("above", "dose_above")
    assert verdict(dosage({"doseQuantity": amount(15, "mg/kg")}, {"doseQuantity": amount(1050)}), chart=()) == (
        "unknown",
        "no_weight",
    )


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("15 mg/kg every 3 weeks", FITS),
        ("1050 mg IV over 120 minutes", FITS),
        ("1,050 mg", FITS),
        ("1.05 g", FITS),
        ("20 mg/kg (1050 mg)", FITS),
        ("1400 mg", ("unknown", "text")),
        ("give 1050 mg, then 500 mg", ("unknown", "text")),
        ("as discussed", FITS),
    ],
)
def test_a_text_is_a_hint_that_can_only_contradict(text: str, found: tuple[str, str]) -> None:
    assert verdict(dosage({"doseQuantity": amount(1050)}, text=text)) == found


def test_a_text_alone_proves_nothing_and_is_shown() -> None:
    found = sheet({"text": "Margenza 15 mg/kg every 3 weeks"})
    assert (found.judged.verdict.value, found.judged.why.value) == ("unknown", "no_dose")
    assert "(text: Margenza 15 mg/kg every 3 weeks)" in said(found.note)


@pytest.mark.parametrize(
    "instructions",
    [
        ["15 mg/kg"],
        [{"doseAndRate": "15 mg/kg"}],
        [{"doseAndRate": [{"doseQuantity": amount("fifteen", "mg/kg")}]}],
        [dosage({"doseQuantity": amount(15, "mg/kg")}, modifierExtension=[{"url": "urn:x", "valueBoolean": True}])],
    ],
)
def test_a_dosage_that_cannot_be_read_leaves_the_order_readable(instructions: list[Any]) -> None:
    assert verdict(*instructions) == ("unknown", "unread")


def test_a_dosage_that_is_no_list_and_odd_dispensing_are_not_read() -> None:
    assert sheet(dosageInstruction="15 mg/kg").judged.why.value == "unread"
    odd = sheet(dosage({"doseQuantity": amount(15, "mg/kg")}), dispenseRequest={"quantity": "much"})
    assert (odd.judged.verdict.value, odd.ordered.in_all_mg) == ("within", None)


HUGE = 10**40


@pytest.mark.parametrize(
    "instruction",
    [
        dosage({"doseQuantity": amount(HUGE)}),
        dosage({"doseQuantity": amount(1050)}, **every(HUGE)),
        dosage({"doseQuantity": amount(1050)}, **every(21, frequency=HUGE)),
        dosage({"doseQuantity": amount(1050)}, **every(21, periodMax=HUGE)),
        dosage({"doseQuantity": amount(1050)}, **every(21, frequency=0)),
        dosage(
            {"rateRatio": {"numerator": amount(1), "denominator": amount(1, "h")}},
            timing={"repeat": {"duration": HUGE, "durationUnit": "d"}},
        ),
        dosage(
            {"rateRatio": {"numerator": amount(1), "denominator": amount(-1, "h")}},
            timing={"repeat": {"duration": -1, "durationUnit": "h"}},
        ),
        dosage({"rateRatio": {"numerator": amount(1050), "denominator": amount(0, "h")}}),
        dosage({"doseQuantity": amount(1050)}, text=f"{HUGE} mg"),
    ],
)
def test_numbers_that_cannot_be_are_not_read(instruction: Json) -> None:
    found = sheet(instruction, dispenseRequest={"quantity": amount(1), "numberOfRepeatsAllowed": HUGE})
    assert found.judged.verdict.value == "unknown"
    assert found.note
    assert found.ordered.in_all_mg is None


def test_no_body_weighs_a_ton() -> None:
    heaviest = sheet(chart=(weight(999),)).weight
    assert heaviest is not None
    assert heaviest.known
    nobody = sheet(chart=(weight(1000),)).weight
    assert nobody is not None
    assert not nobody.known


def test_several_instructions_of_a_dose_by_weight_may_add_up() -> None:
    one = dosage({"doseQuantity": amount(15, "mg/kg")})
    assert verdict(one, one) == ("unknown", "several")
    assert verdict(dosage({"doseQuantity": amount(5, "mg/kg")}), one) == ("unknown", "several")
    assert verdict(one, dosage({"doseQuantity": amount(20, "mg/kg")})) == ("above", "dose_above")
    assert verdict(one, {"text": "or less"}) == ("unknown", "no_dose")


def test_the_steps_of_a_schedule_can_stand_in_one_order() -> None:
    steps = [dosage({"doseQuantity": amount(mg)}, sequence=at) for at, mg in enumerate((12, 32, 76), 1)]
    assert verdict(*steps, drug=MYELOMA, chart=()) == FITS
    assert verdict(*steps, steps[-1], drug=MYELOMA, chart=()) == ("unknown", "several")


def test_a_dosage_that_starts_later_is_held_against_the_schedule_of_that_day() -> None:
    chart = tuple(given(MYELOMA, before(days)) for days in range(160, 0, -20))
    later = {"boundsPeriod": {"start": "2026-12-15"}}
    dose = {"doseQuantity": amount(76)}
    assert verdict(dosage(dose, **every(14)), drug=MYELOMA, chart=chart) == ("below", "less_often")
    assert verdict(dosage(dose, **every(14, **later)), drug=MYELOMA, chart=chart) == ("within", "fits")


def test_a_first_dose_dated_to_the_month_leaves_both_schedules_open() -> None:
    """From June 1 the order is on day 177, from June 30 on day 148."""
    chart = given(MYELOMA, "2026-06"), *(given(MYELOMA, before(days)) for days in range(140, 0, -20))
    for days in (7, 14):
        assert verdict(dosage({"doseQuantity": amount(76)}, **every(days)), drug=MYELOMA, chart=chart)[0] == "within"


def test_what_is_dispensed_in_all_is_told() -> None:
    dispensed = {"quantity": amount(1050), "numberOfRepeatsAllowed": 8}
    found = sheet(dosage({"doseQuantity": amount(1050)}), dispenseRequest=dispensed)
    assert found.ordered.in_all_mg == 9450


def test_a_service_request_states_no_dose() -> None:
    order = order_of(BREAST, resourceType="ServiceRequest", dosageInstruction=[dosage({"doseQuantity": amount(1)})])
    assert replace(sheet(), order=order).judged.why.value == "no_dose"


KILOS = [
    ((weight(),), ("70", "70")),
    ((weight(154.324, "[lb_av]"),), ("70", "70")),
    ((weight(70_000, "g"),), ("70", "70")),
    ((observation("29463-7", quantity(70, "kg"), on=before(5)),), ("70", "70")),
    ((weight(), weight(72, test="3141-9")), ("70", "72")),
    ((weight(), weight(71, on=before(9))), ("70", "70")),
    ((weight(on="2026-11"),), ("70", "70")),
    ((weight(), weight(90, on=before(31))), ("70", "70")),
    ((weight(), weight(140, status="entered-in-error")), ("70", "70")),
    ((weight(), weight(140, status="preliminary")), ("70", "70")),
    ((weight(), weight(140, subject={"reference": "Patient/somebody-else"})), ("70", "70")),
    ((weight(), weight(140, on="2027-01-01")), ("70", "70")),
]


@pytest.mark.parametrize(("chart", "found"), KILOS)
def test_the_newest_measured_weight_is_found(chart: tuple[Json, ...], found: tuple[str, str]) -> None:
    known = sheet(chart=chart).weight
    assert known is not None
    assert (f"{known.low:.0f}", f"{known.high:.0f}") == found
    assert [one.counts for one in known.evidence] == [True] * len(set(found))


@pytest.mark.parametrize(
    "chart",
    [
        (),
        (weight(on=None),),
        (weight(on="2026"),),
        (weight(on=before(31)),),
        (weight(test="3142-7"),),
        (weight(unit="[stone_av]"),),
        (weight(0),),
        (observation("29463-7", quantity(70, "kg", ">"), on=before(5)),),
        (observation("29463-7", quantity(70), on=before(5)),),
        (observation("29463-7", {"valueString": "70 kg"}, on=before(5)),),
        (weight(), weight(140)),
        (weight(), weight(64, on=before(9)), weight(80, on=before(8))),
        (weight(on=before(9)), observation("29463-7", quantity(11, "[stone_av]"), on=before(5))),
        (observation("29463-7", {"valueQuantity": amount(70, "kg") | {"unit": "lb"}}, on=before(5)),),
    ],
)
def test_a_weight_that_is_not_certain_is_unknown(chart: tuple[Json, ...]) -> None:
    unknown = sheet(chart=chart).weight
    assert unknown is not None
    assert (unknown.low, unknown.known, bool(unknown.note)) == (None, False, True)
    assert not any(one.counts for one in unknown.evidence)


def test_a_result_that_says_itself_that_it_is_absent_hides_no_weight() -> None:
    absent = observation("29463-7", on=before(1), dataAbsentReason={"text": "refused"})
    known = sheet(chart=(weight(), absent)).weight
    assert known is not None
    assert known.known


def test_two_weights_of_one_day_are_a_range() -> None:
    """The ordered dose is within only if it is so for both; above only if it is above for both."""
    chart = (weight(70), weight(77, test="3141-9"))
    assert verdict(dosage({"doseQuantity": amount(1050)}), chart=chart) == FITS
    assert verdict(dosage({"doseQuantity": amount(1156)}), chart=chart) == ("unknown", "other_dose")
    assert verdict(dosage({"doseQuantity": amount(1271)}), chart=chart) == ("above", "dose_above")


@pytest.mark.parametrize("mg", [1, 1050, 100_000])
def test_a_ruling_never_hears_of_a_dose(mg: int) -> None:
    judge, chart = Judge(POLICIES), chart_of(weight())
    plain, dosed = order_of(BREAST), order_of(BREAST, dosageInstruction=[dosage({"doseQuantity": amount(mg)})])
    rulings = [judge.judge([one], chart, date.fromisoformat(ON))[0].ruling for one in (plain, dosed)]
    assert rulings[0] == rulings[1]


def _within(value: Any) -> list[Any]:
    """A value and all that its fields hold, however deep."""
    inner = [getattr(value, one.name) for one in fields(value)] if is_dataclass(value) else []
    return [value, *(deeper for one in inner for deeper in _within(one))]


@pytest.mark.parametrize("drug", [BREAST, MYELOMA])
def test_a_dosing_sheet_holds_no_door_back_to_the_chart(drug: str) -> None:
    held = _within(sheet(drug=drug))
    assert [type(one) for one in held if isinstance(one, (Chart, Reading))] == []
