"""The largest file that is read from any source."""

# The decoder accepts at most 100 million pixels: 0.6 GB as 16-bit RGB
MAX_FILE_BYTES = 2**30


def check_size(path: str, n_bytes: int) -> None:
    """Refuse a file larger than MAX_FILE_BYTES.

    Args:
        path: As in `Source.paths`.
        n_bytes: Size of the file, or bytes read so far.

    Raises:
        OSError: It is larger.
    """
    if n_bytes > MAX_FILE_BYTES:
        raise OSError(
            f"{path} is larger than {MAX_FILE_BYTES / 2**20:.0f} MiB, which no film needs"
        )
