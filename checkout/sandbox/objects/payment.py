"""Payment intents, charges and payment methods, in Stripe's shape."""

from functools import partial

from django.conf import settings
from django.urls import reverse

from checkout.sandbox.expansion import Expandable, Json
from checkout.sandbox.methods import CARD
from checkout.sandbox.models import Charge, IntentStatus, PaymentIntent
from checkout.sandbox.objects import balance, refund
from checkout.sandbox.objects.debit import DEBIT_OPTIONS, debit_of_charge, debit_of_method

_OPTIONS: dict[str, Json] = {
    CARD: {
        "installments": None,
        "mandate_options": None,
        "network": None,
        "request_three_d_secure": "automatic",
    },
    **DEBIT_OPTIONS,
}


def intent_object(intent: PaymentIntent) -> Json:
    """Return the payment intent."""
    created, method_types = int(intent.created_at.timestamp()), intent.session.method_types
    return {
        "id": intent.id,
        "object": "payment_intent",
        "amount": intent.amount,
        "amount_capturable": 0,
        "amount_details": {"tip": {}},
        "amount_received": intent.amount if intent.status == IntentStatus.SUCCEEDED else 0,
        "application": Expandable(),
        "application_fee_amount": None,
        "automatic_payment_methods": None,
        "canceled_at": int(intent.canceled_at.timestamp()) if intent.canceled_at else None,
        "cancellation_reason": "expired" if intent.canceled_at else None,
        "capture_method": "automatic_async",
        "client_secret": intent.client_secret,
        "confirmation_method": "automatic",
        "created": created,
        "currency": intent.currency,
        "customer": Expandable(),
        "customer_account": None,
        "description": intent.details.get("description"),
        "last_payment_error": _last_error(intent, created),
        "latest_charge": Expandable(
            id=intent.latest_charge_id, load=partial(_latest_charge, intent)
        ),
        "livemode": False,
        "metadata": intent.metadata,
        "next_action": _next_action(intent),
        "on_behalf_of": Expandable(),
        "payment_method": method_place(intent.payment_method, created),
        "payment_method_configuration_details": None,
        "payment_method_options": {
            name: option for name, option in _OPTIONS.items() if name in method_types
        },
        "payment_method_types": method_types,
        "processing": None,
        "receipt_email": intent.details.get("receipt_email"),
        "review": Expandable(),
        "setup_future_usage": None,
        "shipping": None,
        "source": None,
        "statement_descriptor": None,
        "statement_descriptor_suffix": intent.details.get("statement_descriptor_suffix"),
        "status": intent.status,
        "transfer_data": None,
        "transfer_group": None,
    }


def charge_object(charge: Charge) -> Json:
    """Return the charge."""
    details = charge.payment_intent.details
    return {
        "id": charge.id,
        "object": "charge",
        "amount": charge.amount,
        "amount_captured": 0 if charge.has_failed else charge.amount,
        "amount_refunded": charge.amount_refunded,
        "application": Expandable(),
        "application_fee": Expandable(),
        "application_fee_amount": None,
        "balance_transaction": balance.balance_place(charge.balance_transaction),
        "billing_details": charge.payment_method["billing_details"],
        "calculated_statement_descriptor": settings.SHOP_NAME.upper()[:22],
        "captured": not charge.has_failed,
        "created": int(charge.created_at.timestamp()),
        "currency": charge.currency,
        "customer": Expandable(),
        "description": details.get("description"),
        "disputed": charge.is_disputed,
        "failure_balance_transaction": Expandable(),
        "failure_code": charge.failure_code or None,
        "failure_message": charge.failure_message or None,
        "fraud_details": {},
        "livemode": False,
        "metadata": charge.payment_intent.metadata,
        "on_behalf_of": Expandable(),
        "outcome": _outcome(charge),
        "paid": charge.has_succeeded,
        "payment_intent": intent_place(charge),
        "payment_method": charge.payment_method["id"],
        "payment_method_details": _method_details(charge),
        "radar_options": {},
        "receipt_email": details.get("receipt_email"),
        "receipt_number": None,
        "receipt_url": None,
        "refunded": charge.is_refunded,
        "refunds": Expandable(load=partial(refund.refund_list, charge), is_hidden=True),
        "review": Expandable(),
        "shipping": None,
        "source": None,
        "source_transfer": Expandable(),
        "statement_descriptor": None,
        "statement_descriptor_suffix": details.get("statement_descriptor_suffix"),
        "status": charge.status,
        "transfer_data": None,
        "transfer_group": None,
    }


def charge_place(charge: Charge) -> Expandable:
    """Return the place of a charge."""
    return Expandable(id=charge.pk, load=partial(charge_object, charge))


def intent_place(charge: Charge) -> Expandable:
    """Return the place of the payment intent of a charge."""
    return Expandable(id=charge.payment_intent_id, load=partial(_intent_of, charge))


def method_place(method: Json | None, created: int) -> Expandable:
    """Return the place of a payment method, which is kept with what it paid."""
    if method is None:
        return Expandable()
    return Expandable(id=method["id"], load=partial(_method_object, method, created))


def _method_object(method: Json, created: int) -> Json:
    kind = method["type"]
    return {
        "id": method["id"],
        "object": "payment_method",
        "allow_redisplay": "limited",
        "billing_details": method["billing_details"],
        "created": created,
        "customer": Expandable(),
        "customer_account": None,
        "livemode": False,
        "metadata": {},
        "type": kind,
        kind: _card_of_method(method[kind])
        if kind == CARD
        else debit_of_method(kind, method[kind]),
    }


def _card_of_method(card: Json) -> Json:
    return {
        **card,
        "checks": _checks(),
        "display_brand": card["brand"],
        "generated_from": None,
        "networks": {"available": [card["brand"]], "preferred": None},
        "regulated_status": "unregulated",
        "three_d_secure_usage": {"supported": True},
        "wallet": None,
    }


def _last_error(intent: PaymentIntent, created: int) -> Json | None:
    if intent.last_error is None:
        return None
    # An error carries its payment method whole, never as an id.
    return {
        **intent.last_error,
        "doc_url": "https://docs.stripe.com/error-codes#"
        + intent.last_error["code"].replace("_", "-"),
        "payment_method": _method_object(intent.last_error["payment_method"], created),
    }


def _latest_charge(intent: PaymentIntent) -> Json | None:
    return charge_object(intent.latest_charge) if intent.latest_charge else None


def _intent_of(charge: Charge) -> Json:
    return intent_object(charge.payment_intent)


def _next_action(intent: PaymentIntent) -> Json | None:
    if intent.status != IntentStatus.REQUIRES_ACTION:
        return None
    challenge = settings.SITE_URL + reverse("sandbox:challenge", args=[intent.session.pk])
    return {
        "type": "redirect_to_url",
        "redirect_to_url": {"return_url": None, "url": challenge},
    }


def _outcome(charge: Charge) -> Json:
    if charge.is_blocked:
        return _blocked()
    if not charge.has_failed:
        status, reason, kind = "approved_by_network", None, "authorized"
        message = "Payment complete."
    else:
        status, reason, kind = "declined_by_network", charge.decline_code or charge.failure_code, ""
        message = "The bank did not return any further details with this decline."
    return {
        "advice_code": None,
        "network_advice_code": None,
        "network_decline_code": None,
        "network_status": status,
        "reason": reason,
        "risk_level": "normal",
        "risk_score": 20,
        "seller_message": message,
        "type": kind or "issuer_declined",
    }


def _blocked() -> Json:
    return {
        "advice_code": None,
        "network_advice_code": None,
        "network_decline_code": None,
        "network_status": "not_sent_to_network",
        "reason": "highest_risk_level",
        "risk_level": "highest",
        "risk_score": 92,
        "seller_message": "Stripe blocked this payment as too risky.",
        "type": "blocked",
    }


def _method_details(charge: Charge) -> Json:
    if charge.payment_method["type"] != CARD:
        return debit_of_charge(charge)
    card = charge.payment_method["card"]
    return {
        "type": "card",
        "card": {
            **card,
            "amount_authorized": charge.amount if charge.has_succeeded else None,
            "authorization_code": None,
            "checks": _checks(),
            "extended_authorization": {"status": "disabled"},
            "incremental_authorization": {"status": "unavailable"},
            "installments": None,
            "mandate": None,
            "multicapture": {"status": "unavailable"},
            "network": card["brand"],
            "network_token": {"used": False},
            "network_transaction_id": None,
            "overcapture": {"maximum_amount_capturable": charge.amount, "status": "unavailable"},
            "regulated_status": "unregulated",
            "three_d_secure": _three_d_secure() if charge.is_authenticated else None,
            "wallet": None,
        },
    }


def _checks() -> Json:
    return {"address_line1_check": None, "address_postal_code_check": None, "cvc_check": "pass"}


def _three_d_secure() -> Json:
    return {
        "authentication_flow": "challenge",
        "electronic_commerce_indicator": "05",
        "exemption_indicator": None,
        "result": "authenticated",
        "result_reason": None,
        "transaction_id": None,
        "version": "2.2.0",
    }
