"""Money: whole numbers of a currency's minor unit, and how people write them.

Nothing here is a float. The exponents are ISO 4217's; what a gateway wants to be sent instead is
that gateway's business.
"""

import re
from copy import copy
from decimal import Decimal, InvalidOperation
from functools import cache, lru_cache

from babel import Locale
from babel.numbers import NumberPattern
from django.core.exceptions import ImproperlyConfigured

from project.languages import active_locale_name, locale_named

# Source: ISO 4217, list one, "minor unit".
_NO_DECIMALS = frozenset(
    "bif clp djf gnf isk jpy kmf krw pyg rwf ugx uyi vnd vuv xaf xof xpf".split()
)
_THREE_DECIMALS = frozenset("bhd iqd jod kwd lyd omr tnd".split())


def exponent(currency: str) -> int:
    """Return how many decimals the currency's minor unit has: 2 for ``usd``, 0 for ``jpy``."""
    code = currency.lower()
    if code in _NO_DECIMALS:
        return 0
    return 3 if code in _THREE_DECIMALS else 2


def to_decimal(amount_minor: int, currency: str) -> Decimal:
    """Return the amount in the currency's major unit, exactly."""
    return Decimal(amount_minor).scaleb(-exponent(currency))


def to_minor(amount: str | Decimal, currency: str) -> int:
    """Return the amount of the major unit as minor units.

    Raise ``ValueError`` if it is no number, or finer than the currency can be paid.
    """
    try:
        minor = Decimal(amount).scaleb(exponent(currency))
    except InvalidOperation as error:
        raise ValueError(f"{amount!r} is not an amount of money.") from error
    if not minor.is_finite() or minor != minor.to_integral_value():
        raise ValueError(f"{amount!r} is not an amount that can be paid in {currency.upper()}.")
    return int(minor)


def format_money(
    amount_minor: int, currency: str, *, locale: str = "", is_exact: bool = False
) -> str:
    """Return the amount as people write it, with no decimals where they would all be zero.

    Those are there as well if ``is_exact``, as in books. ``locale`` is Babel's name of one; by
    default that of the language that is spoken.
    """
    return _written(amount_minor, currency.upper(), locale or active_locale_name(), is_exact)


@lru_cache(maxsize=4096)
def _written(amount_minor: int, code: str, locale: str, is_exact: bool) -> str:
    amount = to_decimal(amount_minor, code)
    is_round = amount == amount.to_integral_value() and not is_exact
    pattern, parsed = _pattern(locale, 0 if is_round else exponent(code))
    text = str(pattern.apply(amount, parsed, currency=code, currency_digits=False))
    # CLDR's "currency spacing": a code is set apart from the digits, a sign is not.
    return re.sub(rf"(?<={code})(?=\d)", "\N{NO-BREAK SPACE}", text)


@cache
def _pattern(locale: str, decimals: int) -> tuple[NumberPattern, Locale]:
    parsed = locale_named(locale)
    pattern = copy(parsed.currency_formats["standard"])
    pattern.frac_prec = (decimals, decimals)
    return pattern, parsed


def check_currency(currency: str) -> None:
    """Raise ``ImproperlyConfigured`` for a currency in which the shop cannot sell.

    Gateways round three-decimal currencies in ways that differ from account to account.
    """
    if len(currency) != 3 or not currency.isalpha() or currency in _THREE_DECIMALS:
        raise ImproperlyConfigured(
            f"SHOP_CURRENCY={currency!r}: name a currency by its three-letter code; those with "
            "three decimals (such as KWD) are not supported."
        )
