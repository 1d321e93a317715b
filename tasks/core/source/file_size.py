"""How large one file of a source may be: whatever the source, no more is read into memory."""

# 100 million pixels, the most that `tasks.core.film` accepts, are 0.6 GB as 16-bit RGB.
MAX_FILE_BYTES = 2**30


def check_size(path: str, n_bytes: int) -> None:
    """Hold one file to MAX_FILE_BYTES.

    Args:
        path: As in `Source.paths`.
        n_bytes: Size of the file, or of the part that was read to see whether there is more.

    Raises:
        OSError: It is larger.
    """
    if n_bytes > MAX_FILE_BYTES:
        raise OSError(
            f"{path} is larger than {MAX_FILE_BYTES / 2**20:.0f} MiB, which no film needs"
        )
