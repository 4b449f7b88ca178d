"""The endpoints of Stripe's API that the sandbox has."""

from django.db.models import Exists, OuterRef, Q

from checkout.sandbox import errors, listing, sessions
from checkout.sandbox.expansion import Json
from checkout.sandbox.models import (
    Charge,
    CheckoutSession,
    Delivery,
    DeliveryState,
    Event,
    PaymentIntent,
)
from checkout.sandbox.objects import (
    charge_object,
    event_object,
    intent_object,
    line_list,
    session_object,
)
from checkout.sandbox.transport import Call, endpoint


def create_session(call: Call) -> Json:
    """Open a checkout session."""
    return session_object(sessions.create(call.checked("checkout.SessionCreateParams")))


def list_sessions(call: Call) -> Json:
    """List sessions, the newest first."""
    params = call.checked("checkout.SessionListParams")
    for name in ("customer", "customer_account", "payment_link", "subscription"):
        if name in params:
            raise errors.not_imitated(name)
    return listing.page_of_rows(
        CheckoutSession.objects.filter(_matching(params)).select_related("payment_intent"),
        params,
        url="/v1/checkout/sessions",
        render=session_object,
    )


def retrieve_session(call: Call, session_id: str) -> Json:
    """Return one session as it is now."""
    call.checked("checkout.SessionRetrieveParams")
    return session_object(sessions.find(session_id))


def update_session(call: Call, session_id: str) -> Json:
    """Change a session's metadata; nothing else of it can be changed here."""
    params = call.checked("checkout.SessionUpdateParams")
    for name in params.keys() - {"metadata"}:
        raise errors.not_imitated(name)
    return session_object(sessions.change_metadata(session_id, params.get("metadata", {})))


def expire_session(call: Call, session_id: str) -> Json:
    """End a session that is open."""
    call.checked("checkout.SessionExpireParams")
    return session_object(sessions.expire(session_id, cause=call.cause))


def list_line_items(call: Call, session_id: str) -> Json:
    """List a session's lines."""
    params = call.checked("checkout.SessionListLineItemsParams")
    return line_list(sessions.find(session_id), params)


def retrieve_intent(call: Call, intent_id: str) -> Json:
    """Return one payment intent."""
    params = call.checked("PaymentIntentRetrieveParams")
    intent = (
        PaymentIntent.objects.select_related("latest_charge", "session")
        .filter(pk=intent_id)
        .first()
    )
    if intent is None:
        raise errors.missing_resource("payment_intent", intent_id, param="intent")
    if params.get("client_secret", intent.client_secret) != intent.client_secret:
        raise errors.missing_resource("payment_intent", intent_id, param="client_secret")
    return intent_object(intent)


def retrieve_charge(call: Call, charge_id: str) -> Json:
    """Return one charge."""
    call.checked("ChargeRetrieveParams")
    charge = Charge.objects.select_related("payment_intent").filter(pk=charge_id).first()
    if charge is None:
        raise errors.missing_resource("charge", charge_id, param="id")
    return charge_object(charge)


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


def _matching(params: Json) -> Q:
    condition = listing.created_within(params.get("created"))
    if "status" in params:
        condition &= Q(status=params["status"])
    if "payment_intent" in params:
        condition &= Q(payment_intent_id=params["payment_intent"])
    if "customer_details" in params:
        email = params["customer_details"]["email"]
        condition &= Q(buyer_email=email) | Q(parameters__customer_email=email, buyer_email="")
    return condition


session_list_view = endpoint(GET=list_sessions, POST=create_session)
session_view = endpoint(GET=retrieve_session, POST=update_session)
session_expiry_view = endpoint(POST=expire_session)
line_item_list_view = endpoint(GET=list_line_items)
intent_view = endpoint(GET=retrieve_intent)
charge_view = endpoint(GET=retrieve_charge)
event_list_view = endpoint(GET=list_events)
event_view = endpoint(GET=retrieve_event)
unknown_view = endpoint()
