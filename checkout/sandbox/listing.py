"""Stripe's lists: a page at a time, continued with the id of its last or first object."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from django.db.models import Model, Q, QuerySet

from checkout.sandbox import errors
from checkout.sandbox.expansion import Json

PAGE_SIZE = 10
LARGEST_PAGE = 100


def page_of_rows[M: Model](
    rows: QuerySet[M], params: Mapping[str, Any], *, url: str, render: Callable[[M], Json]
) -> Json:
    """Return a page of ``rows``, the newest first."""
    limit = _limit(params)
    if cursor := params.get("starting_after"):
        rows = rows.filter(_beyond(_anchor(rows, cursor, "starting_after"), "lt"))
    if cursor := params.get("ending_before"):
        # The page just before the cursor is the last one of what is newer.
        newer = rows.filter(_beyond(_anchor(rows, cursor, "ending_before"), "gt"))
        found = list(newer.order_by("created_at", "pk")[: limit + 1])
        shown = found[:limit][::-1]
    else:
        found = list(rows.order_by("-created_at", "-pk")[: limit + 1])
        shown = found[:limit]
    return _list([render(row) for row in shown], has_more=len(found) > limit, url=url)


def page_of_items(items: list[Json], params: Mapping[str, Any], *, url: str) -> Json:
    """Return a page of ``items``, in their order."""
    limit = _limit(params)
    positions = {item["id"]: position for position, item in enumerate(items)}
    for name in ("starting_after", "ending_before"):
        if name in params and params[name] not in positions:
            raise errors.missing_resource("item", params[name], param=name, status=400)
    if "ending_before" in params:
        earlier = items[: positions[params["ending_before"]]]
        return _list(earlier[-limit:], has_more=len(earlier) > limit, url=url)
    start = positions[params["starting_after"]] + 1 if "starting_after" in params else 0
    later = items[start:]
    return _list(later[:limit], has_more=len(later) > limit, url=url)


def created_within(asked: int | Mapping[str, int] | None) -> Q:
    """Return the condition for ``created``: one second, or bounds such as ``{"gte": …}``."""
    if asked is None:
        return Q()
    if isinstance(asked, int):
        asked = {"gte": asked, "lte": asked}
    # Times are kept finer than they are shown, so that the bounds are those of whole seconds.
    bounds = {
        "gte": lambda second: Q(created_at__gte=_time(second)),
        "gt": lambda second: Q(created_at__gte=_time(second + 1)),
        "lt": lambda second: Q(created_at__lt=_time(second)),
        "lte": lambda second: Q(created_at__lt=_time(second + 1)),
    }
    condition = Q()
    for name, second in asked.items():
        condition &= bounds[name](second)
    return condition


def of_charge(params: Mapping[str, Any]) -> Q:
    """Return the condition for ``charge``, ``payment_intent`` and ``created``."""
    condition = created_within(params.get("created"))
    if "charge" in params:
        condition &= Q(charge_id=params["charge"])
    if "payment_intent" in params:
        condition &= Q(charge__payment_intent_id=params["payment_intent"])
    return condition


def _limit(params: Mapping[str, Any]) -> int:
    limit = int(params.get("limit", PAGE_SIZE))
    if not 1 <= limit <= LARGEST_PAGE:
        raise errors.invalid_parameter(
            f"Invalid limit: it must be from 1 to {LARGEST_PAGE}.", "limit"
        )
    return limit


def _anchor[M: Model](rows: QuerySet[M], pk: str, param: str) -> Any:
    anchor = rows.model._default_manager.filter(pk=pk).first()
    if anchor is None:
        raise errors.missing_resource("object", pk, param=param, status=400)
    return anchor


def _beyond(anchor: Any, comparison: str) -> Q:
    tie = Q(**{"created_at": anchor.created_at, f"pk__{comparison}": anchor.pk})
    return Q(**{f"created_at__{comparison}": anchor.created_at}) | tie


def _time(second: int) -> datetime:
    # Far beyond all that was ever created, and what a timestamp can still be.
    return datetime.fromtimestamp(min(second, 253_402_300_000), tz=UTC)


def _list(data: list[Json], *, has_more: bool, url: str) -> Json:
    return {"object": "list", "data": data, "has_more": has_more, "url": url}
