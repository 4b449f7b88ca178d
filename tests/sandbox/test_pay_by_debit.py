"""The pay page's other way: a bank account, whose bank answers later."""

import re

import pytest
from django.urls import reverse

from checkout.sandbox import debits
from checkout.sandbox.accounts import (
    ACH_ACCOUNTS,
    BY_NUMBER,
    MISTYPED_IBAN,
    SEPA_ACCOUNTS,
    passes_mod_97,
)
from checkout.sandbox.models import Charge, Event
from tests.sandbox.asking import (
    DECLINED_CARD,
    IBAN,
    US_ACCOUNT,
    create_euro_session,
    create_session,
    debit,
    filled_in,
    iban_filled_in,
    us_account_filled_in,
)

pytestmark = pytest.mark.django_db

# Belongs to nobody: the example of the standard, with right check digits.
FOREIGN_IBAN = "GB82 WEST 1234 5698 7654 32"


def pay_path(session):
    return reverse("sandbox:pay", args=[session.pk])


def landing(session):
    return f"http://shop.example/orders/r1/?session={session.pk}"


def text_of(response):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode()))


def control(response, name):
    return re.search(rf'<input[^>]*id="id_{name}"[^>]*>', response.content.decode())[0]


def radios(response):
    """Return the ways to pay that are to be chosen from, and which is."""
    found = re.findall(r'<input type="radio" name="method"[^>]*>', response.content.decode())
    values = [re.search(r'value="(\w+)"', radio)[1] for radio in found]
    return values, [value for value, radio in zip(values, found, strict=True) if "checked" in radio]


@pytest.mark.parametrize(
    ("currency", "fields", "others"),
    [
        ("eur", ["iban", "holder"], ["routing_number", "account_number"]),
        ("usd", ["routing_number", "account_number", "holder"], ["iban"]),
    ],
)
def test_the_page_offers_card_and_the_debit_of_the_currency(browser, currency, fields, others):
    session = create_euro_session() if currency == "eur" else create_session()

    page = browser.get(pay_path(session))

    kind = "sepa_debit" if currency == "eur" else "us_bank_account"
    assert radios(page) == (["card", kind], ["card"])
    assert [name in page.context["form"].fields for name in ["number", *fields]] == [True] * (
        1 + len(fields)
    )
    assert [name in page.context["form"].fields for name in others] == [False] * len(others)


@pytest.mark.parametrize(
    ("types", "has_card", "has_debit"),
    [(["card"], True, False), (["sepa_debit"], False, True)],
)
def test_the_page_offers_no_choice_where_there_is_none(browser, types, has_card, has_debit):
    session = create_euro_session(allowed_payment_method_types=types)

    page = browser.get(pay_path(session))

    html = page.content.decode()
    assert radios(page) == ([], [])
    assert ('id="id_number"' in html, 'id="id_iban"' in html) == (has_card, has_debit)
    assert ("All test cards" in html, "All test accounts" in html) == (has_card, has_debit)
    form = filled_in() if has_card else iban_filled_in(method="")
    assert browser.post(pay_path(session), form)["Location"] == landing(session)
    assert Charge.objects.get().payment_method["type"] == types[0]


@pytest.mark.parametrize(
    ("make", "fill", "details"),
    [
        (create_euro_session, iban_filled_in, {"last4": "3201", "country": "AT"}),
        (create_session, us_account_filled_in, {"last4": "6789", "routing_number": "110000000"}),
    ],
)
def test_paying_by_debit_tells_the_shop_and_goes_back_there(browser, shop, make, fill, details):
    session = make()

    answer = browser.post(pay_path(session), fill())

    assert (answer.status_code, answer["Location"]) == (303, landing(session))
    [completed] = shop.events()
    assert completed.type == "checkout.session.completed"
    assert (completed.data.object.status, completed.data.object.payment_status) == (
        "complete",
        "unpaid",
    )
    assert completed.data.object.customer_details.name == "Ada Lovelace"
    method = Charge.objects.get().payment_method
    assert details.items() <= method[method["type"]].items()
    assert method["billing_details"]["name"] == "Ada Lovelace"


@pytest.mark.parametrize("iban", [IBAN, "AT61 1904 3002 3457 3201", "at61-1904-3002-3457-3201 "])
def test_ibans_are_read_as_people_write_them(browser, iban):
    answer = browser.post(pay_path(create_euro_session()), iban_filled_in(iban=iban))

    assert answer.status_code == 303
    assert Charge.objects.get().debited_account == IBAN


REFUSED = [
    (iban_filled_in(email=""), "email", "required"),
    (iban_filled_in(iban=""), "iban", "incomplete_iban"),
    (iban_filled_in(iban="AT61 1904"), "iban", "incomplete_iban"),
    (iban_filled_in(iban="AT٦١1904300234573201"), "iban", "incomplete_iban"),
    (iban_filled_in(iban=MISTYPED_IBAN), "iban", "invalid_iban"),
    (iban_filled_in(iban=FOREIGN_IBAN), "iban", "test_mode_live_account"),
    (iban_filled_in(holder=" "), "holder", "required"),
    (us_account_filled_in(routing_number=""), "routing_number", "invalid_routing_number"),
    (us_account_filled_in(routing_number="11000000"), "routing_number", "invalid_routing_number"),
    (us_account_filled_in(routing_number="021000021"), "routing_number", "test_mode_live_account"),
    (us_account_filled_in(account=""), "account_number", "incomplete_account_number"),
    (us_account_filled_in(account="12a4"), "account_number", "incomplete_account_number"),
    (us_account_filled_in(account="123456789"), "account_number", "test_mode_live_account"),
    (us_account_filled_in(holder=""), "holder", "required"),
]


@pytest.mark.parametrize(("filled", "field", "code"), REFUSED)
def test_what_is_filled_in_wrongly_is_said_at_its_field(browser, filled, field, code):
    session = create_euro_session() if "iban" in filled else create_session()

    page = browser.post(pay_path(session), filled)

    assert page.status_code == 422
    form = page.context["form"]
    assert {name: [e.code for e in errors.as_data()] for name, errors in form.errors.items()} == {
        field: [code]
    }
    [message] = form.errors[field]
    assert 'aria-invalid="true"' in control(page, field)
    assert f'<a href="#id_{field}">{message}</a>' in page.content.decode()
    assert radios(page)[1] == [filled["method"]]
    assert not Charge.objects.exists()
    assert not Event.objects.exists()


def test_a_way_to_pay_that_is_not_offered_is_refused(browser):
    session = create_session()

    page = browser.post(pay_path(session), filled_in(method="sepa_debit"))

    assert page.status_code == 422
    assert page.context["form"].errors == {"method": ["Choose how you pay."]}
    assert not Charge.objects.exists()


@pytest.mark.parametrize(
    ("make", "filled", "secret"),
    [
        (create_euro_session, iban_filled_in(iban=FOREIGN_IBAN), "9876"),
        (create_session, us_account_filled_in(account="987654321"), "987654321"),
        (create_session, us_account_filled_in(routing_number="021000021"), "021000021"),
        (create_euro_session, filled_in(number=DECLINED_CARD, iban="GB82 9876"), "9876"),
        (create_euro_session, iban_filled_in(iban="", number="4111111111111111"), "4111"),
    ],
)  # fmt: skip
def test_a_number_that_may_be_real_is_not_shown_again(browser, make, filled, secret):
    page = browser.post(pay_path(make()), filled)

    assert page.status_code in (402, 422)
    assert secret not in page.content.decode()
    assert 'value="ada@example.com"' in page.content.decode()
    assert not Charge.objects.exclude(status="failed").exists()


def test_what_is_filled_in_for_the_other_way_does_not_matter(browser):
    by_card, by_debit = create_session(), create_session()

    card = browser.post(pay_path(by_card), filled_in(method="card", account_number="x", holder="B"))
    account = browser.post(
        pay_path(by_debit), us_account_filled_in(number="4242", expiry="soon", name="B")
    )

    assert (card.status_code, account.status_code) == (303, 303)
    kinds = [charge.payment_method["type"] for charge in Charge.objects.order_by("created_at")]
    assert kinds == ["card", "us_bank_account"]
    names = [charge.payment_method["billing_details"]["name"] for charge in Charge.objects.all()]
    assert names == ["Ada Lovelace", "Ada Lovelace"]


@pytest.mark.parametrize(
    ("make", "accounts", "more"),
    [(create_euro_session, SEPA_ACCOUNTS, {MISTYPED_IBAN}), (create_session, ACH_ACCOUNTS, set())],
)
def test_every_test_account_of_the_currency_is_listed(browser, make, accounts, more):
    page = browser.get(pay_path(make()))

    listed = set(re.findall(r'href="\?account=(\w+)"', page.content.decode()))
    assert listed == {account.number for account in accounts} | more
    for account in accounts:
        assert f"{account.spaced} {account.about}" in text_of(page)


@pytest.mark.parametrize("number", [*BY_NUMBER, MISTYPED_IBAN])
def test_a_test_account_that_is_clicked_is_filled_in(browser, number):
    is_iban = number.startswith("AT")
    session = create_euro_session() if is_iban else create_session()

    page = browser.get(f"{pay_path(session)}?account={number}")

    form = page.context["form"]
    assert radios(page)[1] == ["sepa_debit" if is_iban else "us_bank_account"]
    field = "iban" if is_iban else "account_number"
    assert form[field].value().replace(" ", "") == number
    assert form["holder"].value() == "Ada Lovelace"
    assert re.search(r'<button type="submit" autofocus>', page.content.decode())


@pytest.mark.parametrize("number", [IBAN, "GB82WEST12345698765432"])
def test_only_accounts_that_the_session_takes_are_filled_in(browser, number):
    page = browser.get(f"{pay_path(create_session())}?account={number}")

    assert f'value="{number}"' not in page.content.decode()
    assert radios(page)[1] == ["card"]


def test_test_ibans_have_right_check_digits_and_the_mistyped_one_has_not():
    assert [account.number for account in SEPA_ACCOUNTS if not passes_mod_97(account.number)] == []
    assert not passes_mod_97(MISTYPED_IBAN)


@pytest.mark.parametrize(
    ("answer", "heading"),
    [
        (None, "The money is on its way"),
        (debits.succeed, "This has been paid"),
        (debits.fail, "The bank did not pay"),
    ],
)
def test_a_session_paid_by_debit_says_how_it_stands(browser, answer, heading):
    session = create_session()
    debit(session, number=US_ACCOUNT)
    if answer:
        answer(session.pk)

    page = browser.get(pay_path(session))

    assert page.status_code == 200
    assert f"<h1>{heading}</h1>" in page.content.decode()
    assert f'href="{landing(session)}"' in page.content.decode()
    assert "<form" not in page.content.decode()
