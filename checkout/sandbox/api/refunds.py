"""Refunds: made, listed, read, changed, canceled."""

from checkout.sandbox import listing, refunds
from checkout.sandbox.expansion import Json
from checkout.sandbox.models import Refund
from checkout.sandbox.objects import refund_object
from checkout.sandbox.transport import Call, endpoint


def create_refund(call: Call) -> Json:
    """Give back all or some of a charge."""
    return refund_object(refunds.create(call.checked("RefundCreateParams"), cause=call.cause))


def list_refunds(call: Call) -> Json:
    """List refunds, the newest first."""
    params = call.checked("RefundListParams")
    return listing.page_of_rows(
        Refund.objects.filter(listing.of_charge(params)).select_related("charge"),
        params,
        url="/v1/refunds",
        render=refund_object,
    )


def retrieve_refund(call: Call, refund_id: str) -> Json:
    """Return one refund as it is now."""
    call.checked("RefundRetrieveParams")
    return refund_object(refunds.find(refund_id))


def update_refund(call: Call, refund_id: str) -> Json:
    """Change a refund's metadata; nothing else of it can be changed."""
    metadata = call.checked("RefundUpdateParams").get("metadata", {})
    return refund_object(refunds.change_metadata(refund_id, metadata, cause=call.cause))


def cancel_refund(call: Call, refund_id: str) -> Json:
    """Call back a refund that waits for the buyer."""
    call.checked("RefundCancelParams")
    return refund_object(refunds.cancel_by_api(refund_id, cause=call.cause))


refund_list_view = endpoint(GET=list_refunds, POST=create_refund)
refund_view = endpoint(GET=retrieve_refund, POST=update_refund)
refund_cancellation_view = endpoint(POST=cancel_refund)
