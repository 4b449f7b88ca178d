"""The languages that the shop speaks: which one somebody gets, and how Babel calls it."""

from contextlib import AbstractContextManager
from functools import cache

from babel import Locale
from django.conf import settings
from django.http import HttpRequest, HttpResponseBase
from django.utils import translation
from django.utils.deprecation import MiddlewareMixin

from project.headers import vary_on

# What Babel calls each of settings.LANGUAGES: it wants to know the country as well.
LOCALES = {"en": "en_US", "id": "id_ID"}


class LanguageMiddleware(MiddlewareMixin):
    """Speaks the language that the visitor chose, else the one that their browser asks for.

    Unlike Django's, it says that the answer depends on the cookie as well; and pictures, which
    depend on neither, stay the same for everybody's cache.
    """

    def process_request(self, request: HttpRequest) -> None:
        """Speak the visitor's language; the pages that stand in for Stripe's have only English."""
        is_ours = not request.path.startswith("/sandbox/")
        code = translation.get_language_from_request(request) if is_ours else "en"
        translation.activate(code)

    def process_response(
        self, request: HttpRequest, response: HttpResponseBase
    ) -> HttpResponseBase:
        """Tell caches what the answer's language depends on, and let the thread forget it."""
        if not response.get("Content-Type", "").startswith("image/"):
            vary_on(response, ["Accept-Language", "Cookie"])
            response.headers.setdefault("Content-Language", translation.get_language() or "")
        translation.deactivate()
        return response


def is_spoken(code: str) -> bool:
    """Return whether the shop speaks the language, by its code."""
    return code in dict(settings.LANGUAGES)


def speaking(code: str) -> AbstractContextManager[None]:
    """Speak a language for a while; the shop's own, if it is not known or not spoken any more."""
    return translation.override(code if is_spoken(code) else settings.LANGUAGE_CODE)


def active_locale_name() -> str:
    """Return what Babel calls the language that is spoken now."""
    return LOCALES.get(translation.get_language() or settings.LANGUAGE_CODE, LOCALES["en"])


def active_locale() -> Locale:
    """Return Babel's locale of the language that is spoken now."""
    return locale_named(active_locale_name())


@cache
def locale_named(name: str) -> Locale:
    """Return one of Babel's locales. Kept, because to make one takes a while."""
    return Locale.parse(name)
