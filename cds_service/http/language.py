"""In which language a reader is answered: that of a registration, else one that is asked for, else our own."""

from flask import request

from fhir_mappings.wording import Wording, languages, wording


def spoken(own: Wording, registered: str = "") -> Wording:
    """Return the sentences of the reader's language: that of a client's registration, where it names one.

    Else the one that the request asks for (RFC 9110, 12.5.4: Accept-Language), where we have it; by default `own`.
    """
    if registered:
        return own if registered == own.language else wording(registered)
    known = (own.language, *(one for one in languages() if one != own.language))
    asked = request.accept_languages.best_match(known, own.language)
    return own if asked in (None, own.language) else wording(asked)
