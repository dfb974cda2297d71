"""The files of a finished Bulk Data export, by its manifest (FHIR Bulk Data Access 2.0, "Complete Status")."""

import re
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urljoin, urlsplit

import msgspec

from cds_service.http.http_client import OutgoingError, download, session
from cds_service.impact.sources import SourceError
from cds_service.impact.work_folder import whole

_PACKED = b"\x1f\x8b"
"""How gzip begins (RFC 1952)."""
_TYPE = re.compile(r"[A-Za-z]{1,64}")


class _Output(msgspec.Struct, frozen=True):
    type: str
    url: str


class _Manifest(msgspec.Struct, frozen=True, rename="camel"):
    output: tuple[_Output, ...]
    requires_access_token: bool = False


def is_manifest(charts: str) -> bool:
    """Whether charts are named by the address of a manifest."""
    return urlsplit(charts).scheme in {"http", "https"}


def bring(manifest: str, folder: Path, token: str) -> None:
    """Bring the files of an export into a folder, those that are there already excepted; raises SourceError.

    The token, if any, goes to the manifest's own server, and to where the files are if the manifest asks for it.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    listed = folder / "manifest.json"
    try:
        _get(manifest, listed, {**headers, "Accept": "application/json"})
        found = msgspec.json.decode(listed.read_bytes(), type=_Manifest)
    except (msgspec.DecodeError, OutgoingError) as error:
        raise SourceError(f"{manifest}: {error}") from None
    for number, one in enumerate(found.output):
        _bring(
            urljoin(manifest, one.url), folder, _name(one.type, number), headers if found.requires_access_token else {}
        )


def _name(kind: str, number: int) -> str:
    if not _TYPE.fullmatch(kind):
        raise SourceError(f"the manifest names a type of resource that is none: {kind[:64]!r}")
    return f"{kind}.{number:05}.ndjson"


def _bring(url: str, folder: Path, name: str, headers: Mapping[str, str]) -> None:
    target = folder / name
    if target.exists() or target.with_name(f"{name}.gz").exists():
        return
    try:
        _get(url, target, {**headers, "Accept": "application/fhir+ndjson"})
    except OutgoingError as error:
        raise SourceError(f"{url}: {error}") from None
    with target.open("rb") as opened:
        is_packed = opened.read(len(_PACKED)) == _PACKED
    if is_packed:
        target.rename(target.with_name(f"{name}.gz"))


def _get(url: str, target: Path, headers: Mapping[str, str]) -> None:
    with session() as http, whole(target) as file:
        download(http, url, file, headers)
