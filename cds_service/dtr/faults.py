"""What is wrong with a DTR call: the status, the issue code of FHIR, and the text. No text holds a value of a chart."""


class DtrError(Exception):
    """A call that cannot be answered."""

    def __init__(self, status: int, code: str, text: str) -> None:
        self.status = status
        self.code = code
        self.text = text
        super().__init__(text)
