"""Headers that Django does not send by itself, or writes anew for each page."""

from collections.abc import Callable, Sequence
from functools import wraps

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.csp import CSP, build_policy

# What no page of the shop asks a browser for, nor may anything that gets into one. Passkeys are
# asked for by our own pages. Source: W3C, Permissions Policy; the names are MDN's list of features.
PERMISSIONS = ", ".join(
    [
        *(
            f"{feature}=()"
            for feature in (
                "accelerometer",
                "bluetooth",
                "browsing-topics",
                "camera",
                "display-capture",
                "geolocation",
                "gyroscope",
                "hid",
                "magnetometer",
                "microphone",
                "midi",
                "payment",
                "serial",
                "usb",
                "xr-spatial-tracking",
            )
        ),
        # The players in our frames (catalog/media/embeds.py) begin when they are asked to.
        'autoplay=(self "https://www.youtube-nocookie.com" "https://player.vimeo.com")',
        "publickey-credentials-create=(self)",
        "publickey-credentials-get=(self)",
    ]
)

# The same for all pages, because none has scripts in it; Stripe's stand-in says what it wants.
POLICY = build_policy(settings.SECURE_CSP)  # type: ignore[arg-type]


def vary_on(response: HttpResponseBase, names: Sequence[str]) -> None:
    """Say that the answer depends on these headers of the request.

    It is said several times of each answer. Django's ``patch_vary_headers`` takes apart each time
    what is said already, in any way to write it; here it is written as ``names`` are.
    """
    said = response.headers.get("Vary")
    known = said.split(", ") if said else []
    if "*" not in known and (new := [name for name in names if name not in known]):
        response.headers["Vary"] = ", ".join([*known, *new])


KEPT_BY_NOBODY = "max-age=0, no-cache, no-store, must-revalidate, private"


def never_kept[**P, Answer: HttpResponse](view: Callable[P, Answer]) -> Callable[P, Answer]:
    """Have no browser and no cache keep what ``view`` answers.

    Django's ``never_cache`` puts the same together anew for each answer, which is a twentieth of
    the cart's panel.
    """

    @wraps(view)
    def unkept(*args: P.args, **kwargs: P.kwargs) -> Answer:
        response = view(*args, **kwargs)
        response.headers["Cache-Control"] = KEPT_BY_NOBODY
        return response

    return unkept


def more_headers(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """Say what pages may load and ask a browser for, and that other sites may not load them.

    Pictures are left alone: a link preview may show them.
    """

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        response.headers.setdefault(CSP.HEADER_ENFORCE.value, POLICY)
        response.headers.setdefault("Permissions-Policy", PERMISSIONS)
        if response.headers.get("Content-Type", "").startswith("text/html"):
            response.headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
        return response

    return middleware
