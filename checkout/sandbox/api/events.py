"""Events: listed and read."""

from django.db.models import Exists, OuterRef, Q

from checkout.sandbox import errors, listing
from checkout.sandbox.expansion import Json
from checkout.sandbox.models import Delivery, DeliveryState, Event
from checkout.sandbox.objects import event_object
from checkout.sandbox.transport import Call, endpoint


def list_events(call: Call) -> Json:
    """List what has happened, the newest first."""
    params = call.checked("EventListParams")
    types = params.get("types", []) + ([params["type"]] if "type" in params else [])
    events = Event.objects.filter(listing.created_within(params.get("created")))
    if types:
        events = events.filter(type__in=types)
    if "delivery_success" in params:
        delivered = Delivery.objects.filter(event=OuterRef("pk"), state=DeliveryState.DELIVERED)
        events = events.filter(
            Q(Exists(delivered)) if params["delivery_success"] else ~Exists(delivered)
        )
    return listing.page_of_rows(
        events.prefetch_related("deliveries"), params, url="/v1/events", render=event_object
    )


def retrieve_event(call: Call, event_id: str) -> Json:
    """Return one event."""
    call.checked("EventRetrieveParams")
    event = Event.objects.filter(pk=event_id).first()
    if event is None:
        raise errors.missing_resource("event", event_id, param="id")
    return event_object(event)


event_list_view = endpoint(GET=list_events)
event_view = endpoint(GET=retrieve_event)
