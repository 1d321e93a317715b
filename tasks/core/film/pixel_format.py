"""What the pixels of a square depend on besides film and settings: our code and libraries."""

from importlib.metadata import PackageNotFoundError, version

# Raise it if the code makes other pixels or facts of the same film. Images of another format are
# not reused. `test_pixels_are_those_of_this_format` fails if this was forgotten.
PIXEL_FORMAT = 2
# Another release of one of these may change pixels
PIXEL_LIBRARIES = ("pillow", "pydicom", "scikit-image", "scipy")


def pixel_libraries() -> dict[str, str | None]:
    """Version of each library that pixels depend on; None for one that is not installed."""
    return {name: _version(name) for name in PIXEL_LIBRARIES}


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None
