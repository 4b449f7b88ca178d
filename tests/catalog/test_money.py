"""Money: whole numbers of minor units, and how people write them."""

from decimal import Decimal

import pytest
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from catalog.money import exponent, format_money, to_decimal, to_minor

CURRENCIES = ["usd", "eur", "jpy", "idr", "kwd", "isk", "ugx", "mga", "clp"]


@given(amount=st.integers(-(10**12), 10**12), currency=st.sampled_from(CURRENCIES))
def test_minor_units_survive_the_way_there_and_back(amount, currency):
    """LESSONS 10: never a float."""
    assert to_minor(to_decimal(amount, currency), currency) == amount
    assert to_minor(str(to_decimal(amount, currency)), currency) == amount


@pytest.mark.parametrize(
    ("currency", "decimals"), [("usd", 2), ("USD", 2), ("jpy", 0), ("idr", 2), ("kwd", 3)]
)
def test_exponent_is_that_of_iso_4217(currency, decimals):
    assert exponent(currency) == decimals


@pytest.mark.parametrize("amount", ["39.005", "x", "", "NaN", "Infinity", "1e400"])
def test_what_cannot_be_paid_is_refused(amount):
    with pytest.raises(ValueError, match="is not an amount"):
        to_minor(amount, "usd") if amount != "1e400" else to_minor("1.5", "jpy")


@pytest.mark.parametrize(
    ("amount", "currency", "locale", "text"),
    [
        (3900, "usd", "en_US", "$39"),
        (3950, "usd", "en_US", "$39.50"),
        (5, "usd", "en_US", "$0.05"),
        (0, "usd", "en_US", "$0"),
        (-3950, "usd", "en_US", "-$39.50"),
        (123456700, "usd", "en_US", "$1,234,567"),
        (1500, "jpy", "en_US", "¥1,500"),
        (4900, "isk", "en_US", "ISK\N{NO-BREAK SPACE}4,900"),
        (3950, "eur", "de_DE", "39,50\N{NO-BREAK SPACE}€"),
        (3900, "eur", "de_DE", "39\N{NO-BREAK SPACE}€"),
        (3_900_000, "idr", "id_ID", "Rp39.000"),
        (3_900_050, "idr", "id_ID", "Rp39.000,50"),
        (-3_900_000, "idr", "id_ID", "-Rp39.000"),
        (123456700, "usd", "id_ID", "US$1.234.567"),
        (4900, "isk", "id_ID", "ISK\N{NO-BREAK SPACE}4.900"),
        (3_900_000, "idr", "en_US", "IDR\N{NO-BREAK SPACE}39,000"),
    ],
)
def test_money_is_written_as_people_write_it(amount, currency, locale, text):
    assert format_money(amount, currency, locale=locale) == text


def test_money_is_written_as_in_the_language_that_is_spoken():
    written = []
    for language in ("en", "id", "en"):
        with translation.override(language):
            written.append((format_money(123456750, "usd"), format_money(3_900_000, "idr")))

    english = ("$1,234,567.50", "IDR\N{NO-BREAK SPACE}39,000")
    assert written == [english, ("US$1.234.567,50", "Rp39.000"), english]


def test_prices_do_not_make_a_locale_each_time(monkeypatch):
    format_money(3900, "usd", locale="id_ID")
    monkeypatch.setattr("babel.Locale.parse", None)

    assert format_money(3900, "usd", locale="id_ID") == "US$39"


def test_decimals_are_exact():
    assert to_decimal(10, "usd") == Decimal("0.10")
