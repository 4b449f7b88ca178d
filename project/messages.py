"""What pages tell once, until they have: Django's messages, for visitors who mostly have none."""

from typing import Any

from django.contrib.messages.storage.base import BaseStorage, Message
from django.contrib.messages.storage.cookie import CookieStorage
from django.contrib.messages.storage.fallback import FallbackStorage
from django.http import HttpRequest
from django.utils.functional import cached_property


class Storage(FallbackStorage):
    """Django's own, in a cookie or else the session, made ready only for whom there is something.

    Every page asks whether there is; the cookie says so, since all begins in it.
    """

    def __init__(self, request: HttpRequest) -> None:
        BaseStorage.__init__(self, request)  # not Django's, which makes what may never be used
        self._used_storages: set[BaseStorage] = set()

    @cached_property
    def storages(self) -> list[BaseStorage]:
        """Where messages are kept, in order."""
        return [kind(self.request) for kind in self.storage_classes]

    def _get(self, *args: Any, **kwargs: Any) -> tuple[list[Message], bool]:
        if CookieStorage.cookie_name not in self.request.COOKIES:
            return [], True
        found: tuple[list[Message], bool] = super()._get(*args, **kwargs)  # type: ignore[misc]
        return found

    def _store(self, messages: list[Message], *args: Any, **kwargs: Any) -> list[Message]:
        if not messages and not self._used_storages:
            return []
        left: list[Message] = super()._store(messages, *args, **kwargs)  # type: ignore[misc]
        return left
