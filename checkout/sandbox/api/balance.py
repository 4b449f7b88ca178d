"""Balance transactions: listed and read."""

from checkout.sandbox import errors, listing
from checkout.sandbox.expansion import Json
from checkout.sandbox.models import BalanceTransaction
from checkout.sandbox.objects import balance_object
from checkout.sandbox.transport import Call, endpoint

FILTERS = ("currency", "source", "type")


def list_balance_transactions(call: Call) -> Json:
    """List how money moved, the newest first."""
    params = call.checked("BalanceTransactionListParams")
    if "payout" in params:
        raise errors.not_imitated("payout")
    asked = {name: params[name] for name in FILTERS if name in params}
    return listing.page_of_rows(
        BalanceTransaction.objects.filter(listing.created_within(params.get("created")), **asked),
        params,
        url="/v1/balance_transactions",
        render=balance_object,
    )


def retrieve_balance_transaction(call: Call, balance_id: str) -> Json:
    """Return one movement of money."""
    call.checked("BalanceTransactionRetrieveParams")
    moved = BalanceTransaction.objects.filter(pk=balance_id).first()
    if moved is None:
        raise errors.missing_resource("balance transaction", balance_id, param="id")
    return balance_object(moved)


balance_list_view = endpoint(GET=list_balance_transactions)
balance_view = endpoint(GET=retrieve_balance_transaction)
