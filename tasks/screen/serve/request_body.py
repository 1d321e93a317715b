"""Read the body of an upload within limits on bytes, time, and memory of all uploads together."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import Request
from starlette.types import Message, Receive

from tasks.screen.serve.problems import Refusal

_SHARES = 4  # uploads of the largest size that memory may hold at once
_DISCARDED = 4  # times the limit that is read and thrown away, so that the sender sees the answer


class BodyReader:
    """Reads bodies; one object for a service.

    Args:
        max_bytes: Largest body.
        timeout_s: Longest time from the end of the header to the end of the body.
    """

    def __init__(self, max_bytes: int, timeout_s: float) -> None:
        self.max_bytes, self.timeout_s = max_bytes, timeout_s
        self._n_held = 0

    @asynccontextmanager
    async def read(self, request: Request) -> AsyncIterator[bytes]:
        """Read a body, and hold its share of the memory until the block ends.

        Raises:
            Refusal: 413 too large; 408 too slow; 503 too many uploads at once.
            starlette.requests.ClientDisconnect: The sender went away.
        """
        body = bytearray()
        try:
            try:
                async with asyncio.timeout(self.timeout_s):
                    await self._fill(body, request)
            except TimeoutError as error:
                raise too_slow(self.timeout_s, len(body)) from error
            yield bytes(body)
        finally:
            self._n_held -= len(body)

    async def _fill(self, body: bytearray, request: Request) -> None:
        n_discarded = 0
        is_too_large = _declared(request) > self.max_bytes
        async for chunk in request.stream():
            is_too_large = is_too_large or len(body) + len(chunk) > self.max_bytes
            if is_too_large:
                n_discarded += len(chunk)
                if n_discarded > _DISCARDED * self.max_bytes:
                    break
            else:
                self._take(body, chunk)
        if is_too_large:
            raise Refusal(
                413,
                f"a file has at most {self.max_bytes // 2**20} megabytes",
                found="a larger file",
                next_step="send the films one by one, or raise screen.service.max_megabytes",
            )

    def _take(self, body: bytearray, chunk: bytes) -> None:
        if self._n_held + len(chunk) > _SHARES * self.max_bytes:
            raise Refusal(
                503,
                "the service takes only so many uploads at once",
                found=f"{self._n_held} bytes of other uploads",
                next_step="send it again later",
            )
        self._n_held += len(chunk)
        body += chunk


async def read_small(receive: Receive, timeout_s: float) -> list[Message]:
    """Receive a whole body whose length is bounded, as its ASGI messages.

    Raises:
        Refusal: 408 too slow.
    """
    messages: list[Message] = []
    try:
        async with asyncio.timeout(timeout_s):
            while not messages or messages[-1].get("more_body", False):
                messages.append(await receive())
    except TimeoutError as error:
        n_bytes = sum(len(message["body"]) for message in messages)
        raise too_slow(timeout_s, n_bytes) from error
    return messages


def too_slow(timeout_s: float, n_bytes: int) -> Refusal:
    """Answer 408 to a body of which so many bytes came in time."""
    return Refusal(
        408,
        f"a body arrives within {timeout_s:g} seconds",
        found=f"{n_bytes} bytes in that time",
        next_step="send it again on a faster line",
    )


def _declared(request: Request) -> int:
    """Length that the header declares; 0 if it declares none. The server checked its form."""
    text = request.headers.get("content-length", "0")
    return int(text) if text.isdecimal() else 0
