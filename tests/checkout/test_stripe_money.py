"""Stripe's whole numbers, which for a few currencies are not everyone's (fault 43)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checkout.gateways.stripe_money import check_stripe_amount, from_stripe, to_stripe

CURRENCIES = ["usd", "eur", "jpy", "idr", "isk", "ugx", "huf", "krw", "clp"]


@given(amount=st.integers(0, 10**10), currency=st.sampled_from(CURRENCIES))
def test_amounts_survive_the_way_there_and_back(amount, currency):
    assert from_stripe(to_stripe(amount, currency), currency) == amount


@pytest.mark.parametrize(
    ("amount", "currency", "sent"),
    [(3900, "usd", 3900), (1500, "jpy", 1500), (150, "isk", 15000), (150, "ugx", 15000)],
)
def test_special_currencies_are_sent_as_stripe_wants_them(amount, currency, sent):
    """Source: Stripe, "Supported currencies", special cases."""
    assert to_stripe(amount, currency) == sent


def test_what_cannot_be_charged_exactly_is_refused():
    assert to_stripe(100, "mga") == 1
    with pytest.raises(ValueError, match="cannot be charged exactly"):
        to_stripe(150, "mga")
    with pytest.raises(ValueError, match="finer"):
        from_stripe(15050, "isk")


@pytest.mark.parametrize(
    ("amount", "currency", "minimum"),
    [(49, "usd", "$0.50"), (29, "gbp", "£0.30"), (49, "jpy", "¥50"), (17499, "huf", "HUF175")],
)
def test_too_little_is_refused_in_words(amount, currency, minimum):
    with pytest.raises(ValueError, match="start at") as refusal:
        check_stripe_amount(amount, currency)

    assert minimum in str(refusal.value).replace("\N{NO-BREAK SPACE}", "")
    check_stripe_amount(amount + 1, currency)


@pytest.mark.parametrize(
    ("most", "currency"), [(99_999_999, "usd"), (999_999_999_999, "idr"), (999_999_999, "inr")]
)
def test_too_much_is_refused(most, currency):
    check_stripe_amount(most, currency)
    with pytest.raises(ValueError, match="more than one payment can carry"):
        check_stripe_amount(most + 1, currency)
