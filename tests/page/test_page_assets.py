"""What the page needs is in every wheel: templates, our own files, and LHC-Forms once the build has brought it."""

import gzip
import json
import tomllib
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from tests.page.browsing import PACKAGE, REQUIRED, needed

ROOT = Path(__file__).parents[2]
BROUGHT = PACKAGE / "static" / "lforms"
RELEASES = {"lforms": "lhc-forms.js", "viewer": "rapidoc-min.js"}
"""What the build brings for browsers, and the file of each without which it is of no use."""


def test_every_file_of_the_page_goes_into_a_wheel() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    patterns = settings["tool"]["setuptools"]["package-data"]["cds_service"]
    packed = {path for pattern in patterns for path in PACKAGE.glob(pattern) if path.is_file()}
    found = {path for name in ("static", "templates") for path in (PACKAGE / name).rglob("*") if path.is_file()}
    assert found <= packed


@pytest.mark.parametrize("release", RELEASES)
def test_what_was_brought_is_the_release_that_is_named(release: str) -> None:
    folder = PACKAGE / "static" / release
    if not folder.is_dir():
        pytest.skip(f"{release} was not brought (make page)")
    listed = (ROOT / "web" / f"{release}.json").read_text(encoding="utf-8")
    assert (folder / "release.json").read_text(encoding="utf-8") == listed
    names = {Path(one).name for one in json.loads(listed)["files"]}
    assert RELEASES[release] in names
    assert any(name.startswith("LICENSE") for name in names)
    packed = {f"{name}.gz" for name in names if name.endswith((".js", ".css"))}
    assert {path.name for path in folder.iterdir()} == names | packed | {"release.json"}


def test_the_files_are_sent_packed_to_whoever_takes_them_so(client: FlaskClient) -> None:
    if not BROUGHT.is_dir():
        pytest.skip("LHC-Forms was not brought (make page)")
    plain = client.get("/static/lforms/zone.min.js", buffered=True)
    packed = client.get("/static/lforms/zone.min.js", headers={"Accept-Encoding": "gzip"}, buffered=True)
    assert "Content-Encoding" not in plain.headers
    assert packed.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed.data) == plain.data
    assert len(packed.data) * 2 < len(plain.data)
    for reply in (plain, packed):
        assert reply.mimetype == "text/javascript"
        assert reply.headers["Vary"] == "Accept-Encoding"
    assert client.get("/static/lforms/none.js").status_code == 404
    assert client.get("/static/form.js", buffered=True).status_code == 200


def test_without_a_browser_tests_are_skipped_but_fail_where_one_is_required(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    monkeypatch.delenv(REQUIRED, raising=False)
    with pytest.raises(pytest.skip.Exception, match="chromium, chromedriver"):
        needed()
    monkeypatch.setenv(REQUIRED, "required")
    with pytest.raises(pytest.fail.Exception, match="chromium, chromedriver"):
        needed()


def test_nothing_of_it_is_committed_and_its_license_is_told() -> None:
    for release in RELEASES:
        assert f"cds_service/static/{release}/" in (ROOT / ".gitignore").read_text(encoding="utf-8").splitlines()
        name, _, version = json.loads((ROOT / "web" / f"{release}.json").read_text(encoding="utf-8"))[
            "package"
        ].partition("@")
        assert f"{name}` {version}" in (ROOT / "NOTICE.md").read_text(encoding="utf-8")
    assert REQUIRED in (ROOT / ".ci" / "run").read_text(encoding="utf-8")
