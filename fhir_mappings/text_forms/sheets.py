"""The files of this room: forms, words and spellings as data, each with its language in it."""

from importlib.resources import files
from typing import Any

import yaml


def read_sheet(name: str) -> Any:
    """Return the content of a file by its name without the ending; raises FileNotFoundError, yaml.YAMLError."""
    text = files("fhir_mappings").joinpath("text_forms", f"{name}.yaml").read_text(encoding="utf-8")
    return yaml.load(text, Loader=yaml.CSafeLoader)
