"""The one form in which class names are compared, in params.yaml and in every layout."""


def canonical_label(name: str) -> str:
    """Class name in one form: upper case, single spaces for underscores and runs of spaces.

    Example:
        >>> canonical_label("Viral_Pneumonia")
        'VIRAL PNEUMONIA'
    """
    return " ".join(name.replace("_", " ").split()).upper()
