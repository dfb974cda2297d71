"""Why a form page is not shown: the HTTP status, and the key of the sentence that says so. No text holds a value."""


class FormPageError(Exception):
    """A page that is not shown; `key` names the sentence in `fhir_mappings/texts`."""

    def __init__(self, status: int, key: str, **figures: str) -> None:
        self.status = status
        self.key = key
        self.figures = figures
        super().__init__(key)


class SignInNeededError(FormPageError):
    """The reader is not known yet."""

    def __init__(self) -> None:
        super().__init__(401, "page.sign_in")
