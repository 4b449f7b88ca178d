import pytest

from checkout.sandbox import currencies


@pytest.mark.parametrize(
    ("amount", "currency", "written"),
    [
        (4900, "usd", "$49"),
        (4950, "usd", "$49.50"),
        (4900, "jpy", "¥4,900"),
        (490000, "isk", "ISK4,900"),
        (490000, "ugx", "UGX4,900"),
        (4900, "mga", "MGA4,900"),
        (4900000, "idr", "IDR49,000"),
        (5120, "kwd", "KWD5.120"),
    ],
)
def test_display_writes_the_currency_as_people_do(amount, currency, written):
    assert currencies.display(amount, currency).replace("\xa0", "") == written
