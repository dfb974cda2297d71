"""The population logic of a policy version carried over to a version that differs in its date alone.

The translator is not needed for it: of what it writes, only the version of the library differs. `make test` compiles
the logic of every version on file, and compares byte for byte.
"""

from pathlib import Path

from fhir_mappings.cql.shipped import file_name, logics, on_file
from fhir_mappings.cql.writer import BASE, written
from fhir_mappings.publication.versions import semantic
from policies.model.policy import Policy
from policies.terminology.registry import Terminology


def carry(old: Policy, new: Policy, terminology: Terminology, folder: Path | None = None) -> tuple[Path, ...]:
    """Write CQL and ELM of the new version into a folder, by default that of the program, and return the files.

    Nothing is written if the logic of the old version is not on file, or is of another state of that version.
    """
    home = folder or Path(str(on_file()))
    logic = logics((old,), terminology, BASE, (home,)).get((old.id, old.version.isoformat()))
    if logic is None:
        return ()
    before, after = (f'"version":"{semantic(one.version)}"}},"schemaIdentifier"' for one in (old, new))
    content = {"cql": written(new, terminology), "elm.json": logic.elm.replace(before, after, 1)}
    files = {home / file_name(new, kind): text for kind, text in content.items()}
    for file, text in files.items():
        file.write_text(text, encoding="utf-8")
    return tuple(files)
