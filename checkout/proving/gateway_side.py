"""What buyers, banks and the gateway's dashboard do, done at the sandbox itself."""

from collections.abc import Callable, Iterator
from datetime import date

from checkout.proving.histories import History
from checkout.sandbox import debits, disputes, faults, fraud_warnings, payments, refunds, sessions
from checkout.sandbox.accounts import ACH_ACCOUNTS, SEPA_ACCOUNTS, Account
from checkout.sandbox.cards import BY_NUMBER
from checkout.sandbox.errors import ApiError
from checkout.sandbox.events import NOBODY
from checkout.sandbox.models import (
    Charge,
    ChargeStatus,
    CheckoutSession,
    Dispute,
    Refund,
    SaleFault,
)
from checkout.sandbox.payments import Purchase

PAYS, DECLINED = "4242424242424242", "4000000000000002"
EXPIRY = date(2034, 12, 31)
PART = 500  # of the sandbox's units
MORE = 7700

type Deed = Callable[[], object]


def payings(history: History, session_ids: list[str]) -> Iterator[Deed]:
    """Yield what buyers do on the pay page, a session after the other."""
    for sale, session_id in zip(history.sales, session_ids, strict=True):
        yield from (_bound(deed, session_id) for deed in PAYINGS[sale])


def answers(history: History, session_ids: list[str]) -> Iterator[Deed]:
    """Yield what banks and clocks do afterwards, and then what is done to the first charge."""
    for sale, session_id in zip(history.sales, session_ids, strict=True):
        yield from (_bound(deed, session_id) for deed in ANSWERS.get(sale, ()))
    for word in history.after:
        yield _bound(_AfterPaying(history, session_ids).do, word)


def _bound(deed: Callable[[str], object], argument: str) -> Deed:
    return lambda: deed(argument)


def _pay(session_id: str) -> object:
    return payments.pay(session_id, _purchase(session_id, PAYS))


def _decline(session_id: str) -> object:
    return payments.pay(session_id, _purchase(session_id, DECLINED))


def _debit(session_id: str) -> object:
    session = sessions.find(session_id)
    account = _account(session)
    return payments.pay(session_id, Purchase(email=session.given_email, name="A", account=account))


def _pay_more(session_id: str) -> object:
    faults.switch_on_payment(SaleFault.ANOTHER_AMOUNT, amount=MORE)
    return _pay(session_id)


def _pay_foreign(session_id: str) -> object:
    faults.switch_on_payment(SaleFault.ANOTHER_CURRENCY)
    return _pay(session_id)


def _purchase(session_id: str, number: str) -> Purchase:
    email = sessions.find(session_id).given_email
    return Purchase(email=email, name="A", card=BY_NUMBER[number], expiry=EXPIRY)


def _account(session: CheckoutSession) -> Account:
    return (ACH_ACCOUNTS if session.currency == "usd" else SEPA_ACCOUNTS)[0]


def _expire(session_id: str) -> object:
    try:
        return sessions.expire(session_id, cause=NOBODY)
    except ApiError:
        return None  # the shop has ended it already


PAYINGS: dict[str, tuple[Callable[[str], object], ...]] = {
    "card": (_pay,),
    "debit_succeeds": (_debit,),
    "debit_fails": (_debit,),
    "debit_waits": (_debit,),
    "declined": (_decline,),
    "declined_then_card": (_decline, _pay),
    "expires": (),
    "more": (_pay_more,),
    "foreign": (_pay_foreign,),
}
ANSWERS: dict[str, tuple[Callable[[str], object], ...]] = {
    "debit_succeeds": (debits.succeed,),
    "debit_fails": (debits.fail,),
    "declined": (_expire,),
    "expires": (_expire,),
}


class _AfterPaying:
    """What is done to the charge of the first session that brought money."""

    def __init__(self, history: History, session_ids: list[str]) -> None:
        self._session_ids = session_ids

    def do(self, word: str) -> None:
        """Do it, if it is still possible."""
        deeds: dict[str, Callable[[str], object]] = {
            "part": lambda charge: refunds.create_in_dashboard(charge, amount=PART),
            "whole": refunds.create_in_dashboard,
            "bounce": _bounce,
            "warning": fraud_warnings.send,
            "inquiry": disputes.open_inquiry,
            "dispute": disputes.open_dispute,
            "escalate": _with_dispute(disputes.escalate),
            "rest": _with_dispute(disputes.close_inquiry),
            "win": _with_dispute(disputes.win),
            "lose": _with_dispute(disputes.lose),
            "appeal": _with_dispute(disputes.appeal),
        }
        try:
            deeds[word](self._charge_id())
        except (ApiError, ValueError):
            return  # the shop was faster: its own refund has left nothing, for example

    def _charge_id(self) -> str:
        charges = Charge.objects.filter(status=ChargeStatus.SUCCEEDED)
        for session_id in self._session_ids:
            found = charges.filter(payment_intent__session=session_id).first()
            if found:
                return str(found.pk)
        raise ValueError("Nothing was paid.")


def _bounce(charge_id: str) -> None:
    """Have the bank send back the refund made last."""
    refund = Refund.objects.filter(charge=charge_id).order_by("-created_at").first()
    if refund:
        refunds.fail(refund.pk)


def _with_dispute(deed: Callable[[str], object]) -> Callable[[str], object]:
    def do(charge_id: str) -> object:
        return deed(Dispute.objects.filter(charge=charge_id).latest("created_at").pk)

    return do
