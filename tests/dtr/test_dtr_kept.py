"""What a determination keeps for its form: the version of its report, and the lines; no call is read again."""

import json

import pytest
from flask.testing import FlaskClient

from cds_service.app.container import Container
from cds_service.app.settings import Settings
from cds_service.application import create_app
from cds_service.storage.archive import Archive
from fhir_mappings.therapy.line import Doubt
from fhir_mappings.therapy.line_table import as_sentences
from fhir_mappings.wording import wording
from hooks.protocol.client import Caller
from hooks.report.lines_report import read_lines
from policies.catalogue import Catalogue
from tests.conftest import TODAY
from tests.databases import new_engine
from tests.dtr.test_dtr_answered import SAMPLES, determination, information, signed
from tests.dtr.test_dtr_package import asked, bundles, context
from tests.service.calls import RXNORM, body, coverage, in_version, medication_request, order_sign, searchset
from tests.world import compose

TRASTUZUMAB = {"system": RXNORM, "code": "224905", "display": "trastuzumab"}


@pytest.fixture
def container(policies_on_file: Catalogue) -> Container:
    return compose(Settings(base_url="https://cds.example.org"), policies_on_file, TODAY, new_engine())


@pytest.fixture
def client(container: Container) -> FlaskClient:
    return create_app(container).test_client()


def test_a_package_is_answered_in_the_version_in_which_the_order_was_signed_last(client: FlaskClient) -> None:
    told = [signed(client, body(in_version(order_sign(), version))) for version in ("2.0", "2.2", "2.2")]
    (name,) = {one["coverage-assertion-id"] for one in told}
    assert bundles(asked(client, context(name)), "packagebundle")
    assert [one["number"] for one in determination(client, name)["revisions"]] == [1, 2]
    signed(client, body(in_version(order_sign(), "2.0")))
    assert bundles(asked(client, context(name)), "PackageBundle")


def test_the_version_of_a_registration_counts_for_its_forms_too(container: Container, client: FlaskClient) -> None:
    """A client that is registered with 2.2 names no version in its calls."""
    reply = json.loads(container.order_sign.answer(body(order_sign()), Caller(version="2.2")).body)
    told = information(reply["systemActions"][0]["resource"]["extension"])
    assert bundles(asked(client, context(told["coverage-assertion-id"])), "packagebundle")


def test_the_lines_in_a_draft_are_those_of_the_chart(container: Container, client: FlaskClient) -> None:
    name = signed(client, (SAMPLES / "07-elranatamab-four-lines-met.json").read_bytes())["coverage-assertion-id"]
    archive = container.archive
    assert isinstance(archive, Archive)
    told, kept = archive.revision(name), archive.kept(name)
    assert told is not None
    assert kept is not None
    assert (told.call, told.report, told.findings) == (b"", kept.report, kept.findings)
    table = read_lines(told.report["lines"])
    assert table is not None
    assert len(table.rows) == 4
    (bundle,) = bundles(asked(client, context(name)), "PackageBundle")
    shown = "\n".join(as_sentences(table, wording()))
    assert json.dumps(shown)[1:-1] in json.dumps(bundle)
    assert read_lines(None) is None


def test_what_may_be_a_further_line_is_kept_too(client: FlaskClient) -> None:
    ordered = medication_request(TRASTUZUMAB, "m0", status="active", authoredOn="2026-01-05")
    patient = {"resourceType": "Patient", "id": "p1"}
    prefetch = {"patient": patient, "coverage": searchset(coverage()), "medicationRequests": searchset(ordered)}
    name = signed(client, body(order_sign(prefetch=prefetch)))["coverage-assertion-id"]
    table = read_lines(determination(client, name)["lines"])
    assert table is not None
    assert table.rows == ()
    (possible,) = table.possible
    assert (possible.drug, possible.start, possible.doubt) == ("trastuzumab", "2026-01-05", Doubt.NOT_PROVEN)
    assert possible.evidence.reference == "MedicationRequest/m0"
    (bundle,) = bundles(asked(client, context(name)), "PackageBundle")
    assert "May be a further one: trastuzumab (Jan 5, 2026)" in json.dumps(bundle)
