"""A lesson's media as they are sent to who may see the lesson.

One of three sends what lies in the storage: the shop itself; the proxy before it, which is told
where it lies (``MEDIA_ACCEL``); or object storage, by an address that is signed for a while
(``S3_BUCKET``). The check comes first each time, and no cache keeps what it let through.
"""

import hashlib
from urllib.parse import quote

from django.conf import settings
from django.db.models.fields.files import FieldFile
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.utils.http import content_disposition_header

from library.byte_ranges import send_file

AWHILE = 600  # seconds that a signed address is good for; one of a video as long again as it plays


def deliver(
    request: HttpRequest,
    kept: FieldFile,
    *,
    content_type: str,
    download_as: str = "",
    seconds: int = 0,
) -> HttpResponseBase:
    """Answer with a file of the protected storage.

    ``download_as`` is the name that it is kept by; without one it is shown. ``seconds`` is how long
    it plays.
    """
    disposition = content_disposition_header(bool(download_as), download_as) or "inline"
    if settings.S3_BUCKET:
        return _send_elsewhere(kept, content_type, disposition, good_for=AWHILE + 2 * seconds)
    if settings.MEDIA_ACCEL:
        response: HttpResponseBase = HttpResponse(content_type=content_type)
        response["X-Accel-Redirect"] = f"{settings.MEDIA_ACCEL.rstrip('/')}/{quote(str(kept.name))}"
    else:
        response = _send_ourselves(request, kept, content_type)
    response["Content-Disposition"] = disposition
    return response


def _send_ourselves(request: HttpRequest, kept: FieldFile, content_type: str) -> HttpResponseBase:
    try:
        file = kept.storage.open(str(kept.name))
    except FileNotFoundError as error:
        raise Http404("The file is gone.") from error
    # Each upload gets a name of its own, so a name always means the same bytes.
    digest = hashlib.sha256(str(kept.name).encode()).hexdigest()[:20]
    return send_file(request, file, size=file.size, etag=f'"{digest}"', content_type=content_type)


def _send_elsewhere(
    kept: FieldFile, content_type: str, disposition: str, *, good_for: int
) -> HttpResponseRedirect:
    says = {"ResponseContentType": content_type, "ResponseContentDisposition": disposition}
    signed = kept.storage.url(kept.name, parameters=says, expire=good_for)  # type: ignore[call-arg]
    return HttpResponseRedirect(signed)
