"""The one form in which class names are compared, in params.yaml and in every layout."""

import unicodedata


def canonical_label(name: str) -> str:
    """Class name in one form: upper case, single spaces for underscores and runs of spaces.

    Example:
        >>> canonical_label("Viral_Pneumonia")
        'VIRAL PNEUMONIA'
    """
    if not name.isascii():  # macOS writes é as two signs; signs of category Cf are not visible
        composed = unicodedata.normalize("NFC", name)
        name = "".join(sign for sign in composed if unicodedata.category(sign) != "Cf")
    return " ".join(name.replace("_", " ").split()).upper()
