"""Stripe's amounts: which integer stands for how much, and how much is too little.

Stripe's units are not ISO 4217's: Icelandic and Ugandan amounts come in hundredths which do not
exist. Source: Stripe, "Supported currencies".
"""

from decimal import Decimal

from babel.numbers import list_currencies

from catalog import money
from checkout.sandbox import errors

# fmt: off
_ZERO_DECIMAL = frozenset((
    "bif", "clp", "djf", "gnf", "jpy", "kmf", "krw", "mga", "pyg", "rwf", "vnd", "vuv", "xaf",
    "xof", "xpf",
))
# fmt: on
_THREE_DECIMAL = frozenset(["bhd", "jod", "kwd", "omr", "tnd"])

_MINIMUMS = {
    **dict.fromkeys(["usd", "eur", "chf", "aud", "cad", "sgd", "nzd", "inr", "brl"], 50),
    "gbp": 30,
    "dkk": 250,
    "nok": 300,
    "sek": 300,
    "pln": 200,
    "czk": 1500,
    "huf": 17500,
    "ron": 200,
    "bgn": 100,
    "hkd": 400,
    "jpy": 50,
    "mxn": 1000,
    "myr": 200,
    "thb": 1000,
    "aed": 200,
}
_MAXIMUM_DIGITS = {"idr": 12, "inr": 9}


def exponent(currency: str) -> int:
    """Return how many decimals Stripe's unit has: 2 for ``usd`` and ``isk``, 0 for ``jpy``."""
    if currency in _ZERO_DECIMAL:
        return 0
    return 3 if currency in _THREE_DECIMAL else 2


def display(amount: int, currency: str) -> str:
    """Return an amount of Stripe's units as people write it."""
    return money.format_money(
        money.to_minor(Decimal(amount).scaleb(-exponent(currency)), currency),
        currency,
        locale="en_US",
    )


def minimum(currency: str) -> int:
    """Return the least that can be paid, in Stripe's units."""
    return _MINIMUMS.get(currency, 1)


def check_currency(currency: str, param: str) -> str:
    """Return the code in lower case; raise ``ApiError`` if there is no such currency."""
    if currency.upper() not in list_currencies() or not currency.isascii():
        raise errors.invalid_parameter(f"Invalid currency: {currency[:100]}", param)
    return currency.lower()


def check_amount(amount: int, currency: str, param: str) -> None:
    """Raise ``ApiError`` for an amount finer than can be paid, such as hundredths of a króna."""
    step = 10 if currency in _THREE_DECIMAL else 10 ** _needless_decimals(currency)
    if amount % step:
        raise errors.invalid_parameter(
            f"Invalid amount: in {currency.upper()} it must be a multiple of {step}.", param
        )


def _needless_decimals(currency: str) -> int:
    return max(0, exponent(currency) - money.exponent(currency))


def check_total(total: int, currency: str) -> None:
    """Raise ``ApiError`` for a total that is neither nothing nor enough, or that is too much."""
    if 0 < total < minimum(currency):
        least = display(minimum(currency), currency)
        raise errors.ApiError(
            f"The Checkout Session's total amount due must add up to at least {least}.",
            code="amount_too_small",
        )
    if len(str(total)) > _MAXIMUM_DIGITS.get(currency, 8):
        most = display(10 ** _MAXIMUM_DIGITS.get(currency, 8) - 1, currency)
        raise errors.ApiError(
            f"The Checkout Session's total amount due must be no more than {most}.",
            code="amount_too_large",
        )
