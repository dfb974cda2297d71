"""The files for operators in `deploy`: whole, on figures and settings that there are, and without a secret."""

import json
import re
from pathlib import Path

import msgspec
import yaml

import cds_service
from cds_service.app.settings import Settings

DEPLOY = Path(cds_service.__file__).parent.parent / "deploy"
FIGURE = re.compile(r"cds_service_[a-z_]+")
OUTSIDE = {"CDS_CONFIG", "CDS_ADMIN_TOKEN", "CDS_ALLOW_OPEN", "CDS_ENCRYPTION_KEYS", "CDS_TODAY"}


def test_the_dashboard_shows_every_figure_and_no_other() -> None:
    board = json.loads((DEPLOY / "dashboard.json").read_text(encoding="utf-8"))
    shown = {
        name.removesuffix("_bucket")
        for panel in board["panels"]
        for target in panel["targets"]
        for name in FIGURE.findall(target["expr"])
    }
    page = (DEPLOY.parent / "docs" / "metrics.md").read_text(encoding="utf-8")
    assert shown == set(FIGURE.findall(page))
    places = [(one["gridPos"]["x"], one["gridPos"]["y"]) for one in board["panels"]]
    assert len(set(places)) == len(places)


def test_the_compose_file_names_settings_that_there_are_and_holds_no_secret() -> None:
    text = (DEPLOY / "compose.yaml").read_text(encoding="utf-8")
    services = yaml.safe_load(text)["services"]
    known = {f"CDS_{one.name.upper()}" for one in msgspec.structs.fields(Settings)} | OUTSIDE
    own = services["service"]["environment"]
    assert {name for name in own if name.startswith("CDS_")} <= known
    assert own["CDS_DATABASE_URL"].startswith("postgresql://")
    assert "password" not in own["CDS_DATABASE_URL"]
    secrets = yaml.safe_load(text)["secrets"]
    assert all(set(one) == {"file"} for one in secrets.values())
    assert services["service"]["ports"] == ["127.0.0.1:8000:8000"]


def test_the_proxy_takes_bodies_as_large_as_the_service_does_and_hands_the_address_on() -> None:
    text = (DEPLOY / "Caddyfile").read_text(encoding="utf-8")
    assert text.count("{") == text.count("}")
    megabytes = re.findall(r"max_size (\d+)MB", text)
    assert [int(one) * 1_000_000 for one in megabytes] == [Settings().max_body_bytes]
    assert "header_up X-Forwarded-For {remote_host}" in text
