"""One question to one authority over HTTP. The address is the trust data's; nothing that it says leads elsewhere."""

from __future__ import annotations

import asyncio
import ssl

import aiohttp

from mailhub.signatures.revocation.errors import FetchFailed

_BLOCK = 64 * 1024
_AGENT = "mailhub"


async def fetch(
    url: str, *, body: bytes | None = None, kind: str = "", most: int, seconds: float, proxy: str = ""
) -> bytes:
    """What `url` answers to a GET, or to a POST of `body` with the media type `kind`: at most `most` octets.

    Redirects are not followed: they could lead anywhere in the data centre.

    Raises:
        FetchFailed
    """
    headers = {"User-Agent": _AGENT, "Accept-Encoding": "identity"} | ({"Content-Type": kind} if kind else {})
    try:
        async with (
            asyncio.timeout(seconds),
            aiohttp.ClientSession(trust_env=False, cookie_jar=aiohttp.DummyCookieJar()) as session,
            session.request(
                "GET" if body is None else "POST",
                url,
                data=body,
                headers=headers,
                allow_redirects=False,
                proxy=proxy or None,
            ) as response,
        ):
            if response.status != 200:
                raise FetchFailed(f"HTTP {response.status}")
            return await _limited(response, most)
    except FetchFailed:
        raise
    except TimeoutError:
        raise FetchFailed(f"no answer within {seconds:g} s") from None
    except (aiohttp.ClientError, OSError, ssl.SSLError, ValueError) as error:
        raise FetchFailed(_in_a_line(error)) from None


async def _limited(response: aiohttp.ClientResponse, most: int) -> bytes:
    if (response.content_length or 0) > most:
        raise FetchFailed(f"an answer of {response.content_length} octets, at most {most} are read")
    found = bytearray()
    async for block in response.content.iter_chunked(_BLOCK):
        found += block
        if len(found) > most:
            raise FetchFailed(f"an answer of more than {most} octets")
    return bytes(found)


def _in_a_line(error: Exception) -> str:
    text = " ".join(str(error).split())
    return f"{type(error).__name__}: {text}"[:200] if text else type(error).__name__
