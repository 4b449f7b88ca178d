"""The whole site, as the server runs it: what is answered before Django, and then Django."""

from django.conf import settings

from checkout.polls import OrderPolls
from project.one_hop import OneHopHandler
from project.page_cache import PageCache
from project.pressure import Pressure
from project.stock import StockHandler


def make_site() -> OrderPolls:
    """Return the application that the server runs. Each part hands on what it does not answer."""
    handler = StockHandler() if settings.ASGI_HANDLER == "django" else OneHopHandler()
    return OrderPolls(PageCache(handler), pause=Pressure(handler.backlog).pause)
