"""What a draft of an answered form holds before a person has seen it."""

from typing import Any

from fhir_mappings.forms.form import Form, lines_id
from fhir_mappings.therapy.line_table import LineTable, as_sentences
from fhir_mappings.wording import Wording

Json = dict[str, Any]


def lines_answer(form: Form, table: LineTable | None, say: Wording) -> Json | None:
    """Return the item with the table of lines filled in, as a text to correct.

    None if the form counts no lines, or the chart shows none.
    """
    text = "\n".join(as_sentences(table, say)) if table is not None else ""
    if form.lines_of is None or not text:
        return None
    return {"linkId": lines_id(form.lines_of), "text": say("form.lines"), "answer": [{"valueString": text}]}
