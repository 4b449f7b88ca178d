"""The hosted pay page. It needs no script and no cookie: its address is the buyer's key."""

from typing import Any
from urllib.parse import urlsplit

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.cache import add_never_cache_headers
from django.utils.csp import CSP, build_policy
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from checkout.sandbox import accounts, currencies, payments, sessions
from checkout.sandbox.accounts import ACH_ACCOUNTS, MISTYPED_IBAN, SEPA_ACCOUNTS
from checkout.sandbox.cards import BY_NUMBER, CARDS, MISTYPED_NUMBER
from checkout.sandbox.deliveries import deliver_held, deliver_held_soon
from checkout.sandbox.errors import ApiError
from checkout.sandbox.forms import PayForm
from checkout.sandbox.methods import ACH, CARD, SEPA
from checkout.sandbox.models import CheckoutSession, IntentStatus, PaymentStatus, SessionStatus
from checkout.sandbox.payments import Outcome, Result

# The views need no token against forgery. Nothing is done in a visitor's name: whoever can post
# here knows the session's secret address, and could as well have opened it.


@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def pay(request: HttpRequest, session_id: str) -> HttpResponse:
    """Pay for what was chosen in the shop, with a test card or from a test account."""
    session = _find(session_id)
    if session is None or not session.is_open:
        return _closed(request, session)
    is_posted = request.method == "POST"
    form = PayForm(
        request.POST if is_posted else None, session=session, initial=_suggestion(request, session)
    )
    if not is_posted:
        return _pay_page(request, session, form)
    is_valid = form.is_valid()
    form.forget_what_may_be_real()
    if not is_valid:
        return _pay_page(request, session, form, status=422)
    return _conclude(request, payments.pay(session_id, form.as_purchase()), form)


@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def challenge(request: HttpRequest, session_id: str) -> HttpResponse:
    """Answer the bank's question whether it is really you."""
    session = _find(session_id)
    if session is None or not session.is_open:
        return _closed(request, session)
    intent = session.payment_intent
    if not intent or intent.status != IntentStatus.REQUIRES_ACTION or not intent.payment_method:
        return _see_other(reverse("sandbox:pay", args=[session.pk]))
    answer = request.POST.get("answer")
    if answer not in ("complete", "fail"):
        return _page(request, "challenge", session, card=intent.payment_method["card"])
    form = PayForm(session=session, initial=intent.payment_method["billing_details"])
    result = payments.answer_challenge(session_id, has_passed=answer == "complete")
    return _conclude(request, result, form)


def _find(session_id: str) -> CheckoutSession | None:
    try:
        return sessions.find(session_id)
    except ApiError:
        return None


def _conclude(request: HttpRequest, result: Result, form: PayForm) -> HttpResponse:
    """Send the buyer on, or back to the form with what went wrong."""
    session = result.session
    match result.outcome:
        case Outcome.PAID | Outcome.PROCESSING:
            if result.delivery and request.POST.get("notice") == "soon":
                deliver_held_soon(result.delivery.pk)
            elif result.delivery:
                # The buyer waits, ten seconds at most, so that the shop knows before they are back.
                deliver_held(result.delivery.pk)
            return _see_other(session.success_url)
        case Outcome.CHALLENGED:
            return _see_other(reverse("sandbox:challenge", args=[session.pk]))
        case Outcome.DECLINED:
            return _pay_page(request, session, form, status=402, decline=result.decline)
        case Outcome.CLOSED:
            return _closed(request, session)


def _closed(request: HttpRequest, session: CheckoutSession | None) -> HttpResponse:
    """Say how the session ended. The second click on Pay goes where the first one went."""
    if session is None:
        return _page(request, "missing", None, status=404)
    if session.status == SessionStatus.EXPIRED:
        return _page(request, "expired", session, status=410)
    if session.is_open:
        return _see_other(reverse("sandbox:pay", args=[session.pk]))
    if request.method == "POST":
        return _see_other(session.success_url)
    return _complete_page(request, session)


def _complete_page(request: HttpRequest, session: CheckoutSession) -> HttpResponse:
    intent = session.payment_intent
    return _page(
        request,
        "complete",
        session,
        is_paid=session.payment_status != PaymentStatus.UNPAID,
        is_awaited=intent is not None and intent.status == IntentStatus.PROCESSING,
    )


def _pay_page(
    request: HttpRequest,
    session: CheckoutSession,
    form: PayForm,
    *,
    status: int = 200,
    **context: Any,
) -> HttpResponse:
    return _page(
        request,
        "pay",
        session,
        status=status,
        form=form,
        cards=CARDS,
        mistyped_number=MISTYPED_NUMBER,
        accounts=SEPA_ACCOUNTS if "iban" in form.fields else ACH_ACCOUNTS,
        mistyped_iban=MISTYPED_IBAN,
        is_prefilled="number" in form.initial or "holder" in form.initial,
        **context,
    )


def _page(
    request: HttpRequest,
    name: str,
    session: CheckoutSession | None,
    *,
    status: int = 200,
    **context: Any,
) -> HttpResponse:
    if session:
        context |= {
            "session": session,
            "lines": [_line(line, session) for line in session.lines],
            "total": currencies.display(session.amount_total, session.currency),
        }
    response = render(request, f"sandbox/{name}.html", context, status=status)
    add_never_cache_headers(response)
    response[str(CSP.HEADER_ENFORCE)] = _policy(session)
    return response


def _policy(session: CheckoutSession | None) -> str:
    """Return a policy stricter than the shop's: a stylesheet, and the way back to the shop."""
    targets: list[str] = [CSP.SELF]
    if session:
        # Chromium holds the redirect that answers a form's POST to this list as well.
        address = urlsplit(session.success_url)
        targets.append(f"{address.scheme}://{address.netloc}")
    policy: dict[str, list[str]] = {
        "default-src": [CSP.NONE],
        "style-src": [CSP.SELF],
        "img-src": ["data:"],
        "form-action": targets,
        "base-uri": [CSP.NONE],
        "frame-ancestors": [CSP.NONE],
    }
    return str(build_policy(policy))


def _line(line: dict[str, Any], session: CheckoutSession) -> dict[str, Any]:
    price, quantity = line["price_data"], line["quantity"]
    return {
        "name": price["product_data"]["name"],
        "quantity": quantity,
        "each": currencies.display(price["unit_amount"], session.currency),
        "amount": currencies.display(price["unit_amount"] * quantity, session.currency),
    }


def _suggestion(request: HttpRequest, session: CheckoutSession) -> dict[str, str]:
    """Return the form filled in with what was clicked in the lists, if the session takes it."""
    number = request.GET.get("account", "")
    account = accounts.BY_NUMBER.get(number)
    kind = SEPA if number == MISTYPED_IBAN else account.kind if account else CARD
    if kind not in session.method_types:
        return {}
    if kind == CARD:
        return _suggested_card(request)
    filled = {"method": kind, "holder": "Ada Lovelace"}
    if kind == ACH:
        return {**filled, "routing_number": accounts.ROUTING_NUMBER, "account_number": number}
    return {**filled, "iban": account.spaced if account else number}


def _suggested_card(request: HttpRequest) -> dict[str, str]:
    """Return the form filled in with the test card that was clicked."""
    number = request.GET.get("card", "")
    if number not in BY_NUMBER and number != MISTYPED_NUMBER:
        return {}
    card = BY_NUMBER.get(number)
    return {
        "number": card.spaced if card else number,
        "expiry": f"12 / {(timezone.now().year + 3) % 100:02}",
        "cvc": "1234" if card and card.cvc_length == 4 else "123",
        "name": "Ada Lovelace",
    }


def _see_other(url: str) -> HttpResponse:
    response = HttpResponseRedirect(url, status=303)
    add_never_cache_headers(response)
    return response
