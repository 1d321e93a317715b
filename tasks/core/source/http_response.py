"""Answers of web servers, read no further than what was asked for."""

import re

import aiohttp

from tasks.core.source.file_size import MAX_FILE_BYTES

STEP_BYTES = 2**18


class BoundedResponse(aiohttp.ClientResponse):
    """An answer whose body may not be longer than the range that was asked for.

    A server may ignore the range, or send without end. Its bytes are not unpacked either
    (`auto_decompress=False`), because a short packed body may unpack to gigabytes.
    """

    async def read(self) -> bytes:
        """Body of the answer.

        Raises:
            OSError: The server sent more than was asked for, or more than MAX_FILE_BYTES.
        """
        limit = self._n_asked()
        body = bytearray()
        async for part in self.content.iter_chunked(STEP_BYTES):
            body += part
            if len(body) > limit:
                self.close()
                raise OSError(f"the server ignores range requests: over {limit} bytes came")
        return bytes(body)

    def _n_asked(self) -> int:
        asked = re.fullmatch(r"bytes=(\d+)-(\d+)", self.request_info.headers.get("Range", ""))
        return min(MAX_FILE_BYTES, int(asked[2]) - int(asked[1]) + 1 if asked else MAX_FILE_BYTES)


async def open_session(**options: object) -> aiohttp.ClientSession:
    """Session for fsspec's HTTPFileSystem (its argument `get_client`)."""
    return aiohttp.ClientSession(
        response_class=BoundedResponse,
        auto_decompress=False,
        **options,  # type: ignore[arg-type]  # the loop of fsspec's thread
    )
