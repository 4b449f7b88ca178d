"""Disputes: listed, read, answered, given up; and the warnings before them."""

from checkout.sandbox import disputes, errors, fraud_warnings, listing
from checkout.sandbox.expansion import Json
from checkout.sandbox.models import Dispute, EarlyFraudWarning
from checkout.sandbox.objects import dispute_object, warning_object
from checkout.sandbox.transport import Call, endpoint


def list_disputes(call: Call) -> Json:
    """List disputes, the newest first."""
    params = call.checked("DisputeListParams")
    return listing.page_of_rows(
        Dispute.objects.filter(listing.of_charge(params)).select_related("charge"),
        params,
        url="/v1/disputes",
        render=dispute_object,
    )


def retrieve_dispute(call: Call, dispute_id: str) -> Json:
    """Return one dispute as it is now."""
    call.checked("DisputeRetrieveParams")
    return dispute_object(disputes.find(dispute_id))


def update_dispute(call: Call, dispute_id: str) -> Json:
    """Keep the shop's evidence, and submit it."""
    params = call.checked("DisputeUpdateParams")
    if "intended_submission_method" in params:
        raise errors.not_imitated("intended_submission_method")
    return dispute_object(disputes.update(dispute_id, params, cause=call.cause))


def close_dispute(call: Call, dispute_id: str) -> Json:
    """Give a dispute up."""
    call.checked("DisputeCloseParams")
    return dispute_object(disputes.concede(dispute_id, cause=call.cause))


def list_warnings(call: Call) -> Json:
    """List early fraud warnings, the newest first."""
    params = call.checked("radar.EarlyFraudWarningListParams")
    return listing.page_of_rows(
        EarlyFraudWarning.objects.filter(listing.of_charge(params)).select_related("charge"),
        params,
        url="/v1/radar/early_fraud_warnings",
        render=warning_object,
    )


def retrieve_warning(call: Call, warning_id: str) -> Json:
    """Return one early fraud warning."""
    call.checked("radar.EarlyFraudWarningRetrieveParams")
    return warning_object(fraud_warnings.find(warning_id))


dispute_list_view = endpoint(GET=list_disputes)
dispute_view = endpoint(GET=retrieve_dispute, POST=update_dispute)
dispute_closure_view = endpoint(POST=close_dispute)
warning_list_view = endpoint(GET=list_warnings)
warning_view = endpoint(GET=retrieve_warning)
