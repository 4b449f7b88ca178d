"""Actions that move what is sold: each is a verb of it."""

from collections.abc import Callable
from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest

from catalog.models import InvalidTransition

EVERYWHERE = [admin.ActionLocation.CHANGE_LIST, admin.ActionLocation.CHANGE_FORM]


class Moving(admin.ModelAdmin):
    """Has the actions that change the status; the page shows it, and nothing else changes it."""

    actions = ["publish", "unlist", "archive"]

    @admin.action(
        description="Publish: list it in the catalog", location=EVERYWHERE, permissions=["change"]
    )
    def publish(self, request: HttpRequest, things: "QuerySet[Any]") -> None:
        """List the chosen ones in the catalog."""
        self._move(request, things, lambda thing: thing.publish())

    @admin.action(
        description="Unlist: sell it only by its address",
        location=EVERYWHERE,
        permissions=["change"],
    )
    def unlist(self, request: HttpRequest, things: "QuerySet[Any]") -> None:
        """Sell the chosen ones only to those who know their address."""
        self._move(request, things, lambda thing: thing.unlist())

    @admin.action(
        description="Archive: stop selling it", location=EVERYWHERE, permissions=["change"]
    )
    def archive(self, request: HttpRequest, things: "QuerySet[Any]") -> None:
        """Stop selling the chosen ones; their learners keep them."""
        self._move(request, things, lambda thing: thing.archive())

    def _move(
        self, request: HttpRequest, things: "QuerySet[Any]", verb: Callable[[Any], bool]
    ) -> None:
        for thing in things:
            try:
                if verb(thing):
                    status = thing.get_status_display().lower()
                    self.log_change(request, thing, f"Made it {status}.")
                    self.message_user(request, f"“{thing}” is now {status}.", messages.SUCCESS)
            except InvalidTransition as error:
                self.message_user(request, str(error), messages.ERROR)
