"""Actions that move what is sold: each is a verb of it."""

from collections.abc import Callable
from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from catalog.models import InvalidTransition

EVERYWHERE = [admin.ActionLocation.CHANGE_LIST, admin.ActionLocation.CHANGE_FORM]


class Moving(admin.ModelAdmin):
    """Has the actions that change the status; the page shows it, and nothing else changes it."""

    actions = ["publish", "unlist", "archive"]

    @admin.action(
        description=_("Publish: list it in the catalog"),
        location=EVERYWHERE,
        permissions=["change"],
    )
    def publish(self, request: HttpRequest, things: "QuerySet[Any]") -> None:
        """List the chosen ones in the catalog."""
        self._move(request, things, lambda thing: thing.publish())

    @admin.action(
        description=_("Unlist: sell it only by its address"),
        location=EVERYWHERE,
        permissions=["change"],
    )
    def unlist(self, request: HttpRequest, things: "QuerySet[Any]") -> None:
        """Sell the chosen ones only to those who know their address."""
        self._move(request, things, lambda thing: thing.unlist())

    @admin.action(
        description=_("Archive: stop selling it"), location=EVERYWHERE, permissions=["change"]
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
                    self.log_change(request, thing, f"Made it {thing.status}.")
                    facts = {"thing": thing, "status": thing.get_status_display().lower()}
                    told = gettext("“%(thing)s” is now %(status)s.") % facts
                    self.message_user(request, told, messages.SUCCESS)
            except InvalidTransition as error:
                self.message_user(request, str(error), messages.ERROR)
