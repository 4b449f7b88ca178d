"""The measure of all: an async view without any middleware, on Django's own ASGI handler."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import path


async def hello(request: HttpRequest) -> HttpResponse:
    """Say hello."""
    return HttpResponse("Hello, world!", content_type="text/plain")


urlpatterns = [path("", hello)]

if not settings.configured:  # else it is only being looked at
    settings.configure(
        ALLOWED_HOSTS=["*"],
        MIDDLEWARE=[],
        ROOT_URLCONF=__name__,
        SECRET_KEY="hello",  # noqa: S106  it signs nothing
    )
    from django.core.asgi import get_asgi_application

    application = get_asgi_application()
