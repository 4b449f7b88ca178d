"""Who may send the shop more than a form holds: staff, where a lesson's video is given.

It is asked before the first byte is read, so that nobody else fills the disk.
"""

from io import BytesIO
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user
from django.contrib.sessions.backends.base import SessionBase
from django.core.handlers.asgi import ASGIRequest
from django.db import close_old_connections
from django.utils.module_loading import import_string

PLACE = "/admin/catalog/lesson/"


def announces(scope: dict[str, Any], more_than: int) -> bool:
    """Return whether a request for the place where videos are given says that it is so long."""
    lengths = [value for name, value in scope["headers"] if name == b"content-length"]
    is_long = bool(lengths) and lengths[0].isdigit() and int(lengths[0]) > more_than
    return is_long and scope["method"] == "POST" and scope["path"].startswith(PLACE)


def may_send_much(scope: dict[str, Any]) -> bool:
    """Return whether the request comes from staff who write lessons."""
    close_old_connections()
    request = ASGIRequest(scope, BytesIO())
    store: type[SessionBase] = import_string(f"{settings.SESSION_ENGINE}.SessionStore")
    request.session = store(request.COOKIES.get(settings.SESSION_COOKIE_NAME))
    user = get_user(request)
    return user.is_active and user.is_staff and user.has_perm("catalog.change_lesson")
