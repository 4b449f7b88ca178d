"""Checkout sessions: opened, listed, read, changed, expired."""

from django.db.models import Q

from checkout.sandbox import errors, listing, sessions
from checkout.sandbox.expansion import Json
from checkout.sandbox.models import CheckoutSession
from checkout.sandbox.objects import line_list, session_object
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
