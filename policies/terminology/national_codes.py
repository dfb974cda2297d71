"""National drug codes: labeler and product, whatever the package, in all the forms in which they are written.

Source: 21 CFR 207.33; ten digits in three segments, or eleven in claims.
"""

NDC_URI = "http://hl7.org/fhir/sid/ndc"
_SEGMENTS = ((4, 4, 2), (5, 3, 2), (5, 4, 1))


def product_of_ndc(code: str) -> str:
    """Return labeler and product of a hyphenated code as nine digits: 74527-022 and 74527-022-02 are 745270022."""
    labeler, product, *_ = code.split("-")
    return labeler.zfill(5) + product.zfill(4)


def ndc_forms(code: str) -> tuple[str, ...]:
    """Return the nine-digit products that a code can mean; ten bare digits can be segmented in three ways."""
    if "-" in code:
        return (product_of_ndc(code),)
    if len(code) == 11 and code.isdigit():
        return (code[:9],)
    if len(code) == 10 and code.isdigit():
        return tuple(code[:a].zfill(5) + code[a : a + b].zfill(4) for a, b, _ in _SEGMENTS)
    return ()
