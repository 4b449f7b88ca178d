"""Stripe's whole numbers, which for a few currencies are not everyone's.

Source: Stripe's documentation, "Supported currencies": zero-decimal currencies, special cases,
minimum and maximum charge amounts.
"""

from django.utils.translation import gettext

from catalog.money import exponent, format_money

_ZERO_DECIMAL = frozenset(
    [
        "bif",
        "clp",
        "djf",
        "gnf",
        "jpy",
        "kmf",
        "krw",
        "mga",
        "pyg",
        "rwf",
        "vnd",
        "vuv",
        "xaf",
        "xof",
        "xpf",
    ]
)
# Written without decimals, but sent with two, which are always 00.
_SENT_TIMES_100 = frozenset({"isk", "ugx"})

# In the currency's major unit times 100, whatever its exponent.
_MINIMUM = {
    "aed": 200, "aud": 50, "bgn": 100, "brl": 50, "cad": 50, "chf": 50, "czk": 1500, "dkk": 250,
    "eur": 50, "gbp": 30, "hkd": 400, "huf": 17500, "inr": 50, "jpy": 5000, "mxn": 1000,
    "myr": 200, "nok": 300, "nzd": 50, "pln": 200, "ron": 200, "sek": 300, "sgd": 50,
    "thb": 1000, "usd": 50,
}  # fmt: skip
_MAXIMUM_DIGITS = {"idr": 12, "inr": 9}


def stripe_exponent(currency: str) -> int:
    """Return how many decimals are in the integers that Stripe is sent."""
    if currency in _ZERO_DECIMAL:
        return 0
    return 2 if currency in _SENT_TIMES_100 else exponent(currency)


def to_stripe(amount_minor: int, currency: str) -> int:
    """Return minor units as the integer that Stripe is sent.

    Raise ``ValueError`` if the amount is finer than Stripe can charge.
    """
    shift = stripe_exponent(currency) - exponent(currency)
    if shift >= 0:
        return amount_minor * int(10**shift)
    units, rest = divmod(amount_minor, int(10**-shift))
    if rest:
        told = gettext("%(amount)s cannot be charged exactly.")
        raise ValueError(told % {"amount": format_money(amount_minor, currency)})
    return units


def from_stripe(amount: int, currency: str) -> int:
    """Return Stripe's integer as minor units. Raise ``ValueError`` if it is finer than those."""
    shift = stripe_exponent(currency) - exponent(currency)
    if shift <= 0:
        return amount * int(10**-shift)
    units, rest = divmod(amount, int(10**shift))
    if rest:
        raise ValueError(f"Stripe's {amount} is finer than {currency.upper()} is paid in.")
    return units


def check_stripe_amount(amount_minor: int, currency: str) -> None:
    """Raise ``ValueError``, in words for the customer, outside Stripe's minimum and maximum."""
    minimum = _minimum_minor(currency)
    if amount_minor < minimum:
        raise ValueError(
            gettext("Card payments start at %(amount)s. Please add another course to your cart.")
            % {"amount": format_money(minimum, currency)}
        )
    if len(str(to_stripe(amount_minor, currency))) > _MAXIMUM_DIGITS.get(currency, 8):
        raise ValueError(
            gettext(
                "This is more than one payment can carry. "
                "Please order in two parts, or write to us."
            )
        )


def _minimum_minor(currency: str) -> int:
    hundredths = _MINIMUM.get(currency, 1)
    return max(1, -(-hundredths * int(10 ** exponent(currency)) // 100))
