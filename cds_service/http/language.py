"""In which language a reader is answered: by what the browser asks for, where we have it; else the service's own."""

from flask import request

from fhir_mappings.wording import Wording, languages, wording


def spoken(own: Wording) -> Wording:
    """Return the sentences of the reader's language (RFC 9110, 12.5.4: Accept-Language); by default `own`."""
    known = (own.language, *(one for one in languages() if one != own.language))
    asked = request.accept_languages.best_match(known, own.language)
    return own if asked in (None, own.language) else wording(asked)
