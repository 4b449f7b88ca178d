"""A file sent as a player asks for it: whole, in a part, or not at all if it is there already.

Source: RFC 9110, sections 13 (conditions) and 14 (ranges). Of a request for several parts at once,
which players do not make, all of the file is the answer.
"""

import re
from collections.abc import Iterator
from typing import IO

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.utils.cache import get_conditional_response

CHUNK = 256 * 1024  # bytes
_RANGE = re.compile(r"bytes=(\d{0,19})-(\d{0,19})", re.ASCII)


class OutOfRange(Exception):
    """The part lies behind the end of the file."""


def send_file(
    request: HttpRequest, file: IO[bytes], *, size: int, etag: str, content_type: str
) -> HttpResponseBase:
    """Answer a GET or a HEAD for a file, which is closed when it has been sent.

    ``etag`` is quoted, and changes whenever what the file holds does.
    """
    headers = {"Accept-Ranges": "bytes", "ETag": etag}
    anew = HttpResponse(headers=headers)
    answer = get_conditional_response(request, etag=etag, response=anew)
    if answer and answer is not anew:
        file.close()
        return answer
    try:
        part = _asked_for(request, size, etag)
    except OutOfRange:
        file.close()
        return HttpResponse(status=416, headers=headers | {"Content-Range": f"bytes */{size}"})
    start, end = part or (0, size)
    if part:
        headers["Content-Range"] = f"bytes {start}-{end - 1}/{size}"
    headers["Content-Length"] = str(end - start)
    status = 206 if part else 200
    if request.method == "HEAD":
        file.close()
        return HttpResponse(status=status, headers=headers, content_type=content_type)
    response = StreamingHttpResponse(
        _chunks(file, start, end), status=status, headers=headers, content_type=content_type
    )
    response._resource_closers.append(file.close)  # type: ignore[attr-defined]
    return response


def _asked_for(request: HttpRequest, size: int, etag: str) -> tuple[int, int] | None:
    """Return where the part begins and ends; ``None`` for all of it. Raise ``OutOfRange``."""
    if request.method != "GET":
        return None
    condition = request.headers.get("If-Range")
    found = _RANGE.fullmatch(request.headers.get("Range", "").replace(" ", ""))
    if found is None or not any(found.groups()) or (condition and condition != etag):
        return None
    first, last = found.groups()
    if not first:  # so many bytes from the end
        start, end = max(0, size - int(last)), size
    else:
        start, end = int(first), min(size, int(last) + 1) if last else size
        if last and int(last) < start:
            return None
    if start >= size or start >= end:
        raise OutOfRange
    return start, end


def _chunks(file: IO[bytes], start: int, end: int) -> Iterator[bytes]:
    file.seek(start)
    while start < end and (chunk := file.read(min(CHUNK, end - start))):
        start += len(chunk)
        yield chunk
