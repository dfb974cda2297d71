"""`python -m tests.validation.guide_packages PACKAGE.tgz FOLDER`: take from a published guide what the validator reads.

A package as HL7 publishes it holds examples, pages and texts beside the definitions. Kept are profiles, extensions,
value sets and code systems with all their rules; what only people read is left out, so that they stay small on file.
"""

import gzip
import io
import json
import sys
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

Json = dict[str, Any]
_READ = ("package/StructureDefinition-", "package/ValueSet-", "package/CodeSystem-")
_OF_RESOURCE = frozenset(
    {"contact", "contained", "copyright", "date", "description", "differential", "extension", "jurisdiction", "keyword"}
    | {"mapping", "meta", "publisher", "purpose", "text", "useContext"}
)
_OF_ELEMENT = frozenset(
    {"alias", "code", "comment", "definition", "example", "extension", "isSummary", "mapping", "requirements", "short"}
)


def trimmed(package: bytes) -> bytes:
    """Return a package with nothing but what the validator reads, the same bytes each time."""
    out = io.BytesIO()
    with (
        gzip.GzipFile(fileobj=out, mode="wb", mtime=0, compresslevel=9) as packed,
        tarfile.open(fileobj=packed, mode="w", format=tarfile.USTAR_FORMAT) as archive,
    ):
        for name, content in sorted(_read(package)):
            data = json.dumps(_ruling(content), separators=(",", ":"), ensure_ascii=False).encode()
            entry = tarfile.TarInfo(name)
            entry.size = len(data)
            archive.addfile(entry, io.BytesIO(data))
    return out.getvalue()


def _read(package: bytes) -> Iterator[tuple[str, Json]]:
    with tarfile.open(fileobj=io.BytesIO(package), mode="r:gz") as archive:
        for entry in archive:
            file = archive.extractfile(entry) if entry.name.startswith(_READ) else None
            if file is not None and entry.name.endswith(".json"):
                yield entry.name, json.loads(file.read())


def _ruling(resource: Json) -> Json:
    kept = {name: value for name, value in resource.items() if name not in _OF_RESOURCE}
    if resource["resourceType"] == "StructureDefinition":
        elements = [_rules(one) for one in resource["snapshot"]["element"]]
        return kept | {"snapshot": {"element": elements}}
    return kept


def _rules(element: Json) -> Json:
    return {name: value for name, value in element.items() if name not in _OF_ELEMENT}


def main(arguments: list[str]) -> int:
    """Write the trimmed package beside the others of its edition; returns 0."""
    source, folder = map(Path, arguments)
    (folder / source.name).write_bytes(trimmed(source.read_bytes()))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
