"""Every way in, with a full cart on the way, which is still full at the checkout."""

import re
import time
from urllib.parse import parse_qs, urlsplit

import pytest
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from playwright.sync_api import expect

from tests.browser.conftest import only_as_served
from tests.browser.steps import (
    BREAD,
    add_to_cart,
    go_and_sign_in,
    read_code,
    read_mail,
    sign_in_by_code,
    take_the_second_step,
)

pytestmark = [pytest.mark.browser, only_as_served]

WITH_AND_WITHOUT_SCRIPT = pytest.mark.parametrize(
    "script", [True, False], ids=["script", "no script"]
)

# A browser that knows passkeys, and cannot offer them in a field.
CANNOT_OFFER = "PublicKeyCredential.isConditionalMediationAvailable = undefined"


def choose_demo_id(page):
    """Leave for Demo ID, whose page wants a style sheet from the internet: it gets an empty one."""
    page.context.route("https://cdn.jsdelivr.net/**", lambda route: route.fulfill(body=""))
    page.get_by_role("button", name="Continue with Demo ID").click()
    page.wait_for_url("**/oauth2/authorize?**")


def go_to_the_entrance_with_a_cart(page):
    """Fill the cart, and leave it to sign in."""
    page.goto("/")
    add_to_cart(page, BREAD, count=1)
    go_and_sign_in(page)


def expect_the_checkout(page):
    """See that the way led back to the cart, and that it can be paid."""
    page.wait_for_url("**/cart/")
    expect(page.locator("#cart-badge")).to_contain_text("1")
    page.get_by_role("button", name="Check out").click()
    page.wait_for_url("**/sandbox/pay/**")


def sign_out(page):
    page.goto("/accounts/logout/")
    page.locator("#stage").get_by_role("button", name="Sign out").click()
    page.wait_for_url(re.compile(r"/$"))


def confirm(page, email):
    """Type in the code that proves an address."""
    page.wait_for_url("**/confirm-email/**")
    page.get_by_label("Code").fill(read_code(page, email))
    page.get_by_role("button", name="Confirm the address").click()


def app_code(secret, *, periods=0):
    return format_hotp_value(hotp_value(secret, int(time.time()) // 30 + periods))


@pytest.fixture
def page_with_passkeys(open_browser):
    """Return a page of a browser that keeps passkeys, with somebody before it who agrees."""
    page = open_browser()
    devtools = page.context.new_cdp_session(page)
    devtools.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    devtools.send("WebAuthn.addVirtualAuthenticator", {"options": options})
    return page


@WITH_AND_WITHOUT_SCRIPT
def test_account_elsewhere_leads_back_to_the_cart(open_browser, script):
    page = open_browser(java_script_enabled=script)
    go_to_the_entrance_with_a_cart(page)

    choose_demo_id(page)
    asked = parse_qs(urlsplit(page.url).query)
    assert asked["code_challenge_method"] == ["S256"]
    assert len(asked["code_challenge"][0]) == 43
    page.get_by_role("button", name="Authorize as dana@example.com").click()

    expect_the_checkout(page)
    sign_out(page)
    page.goto("/accounts/login/")
    marked = page.get_by_role("listitem").filter(has_text="Continue with Demo ID")
    expect(marked).to_contain_text("Used last")


def test_address_that_nobody_has_proven_is_proven_by_code(open_browser):
    page = open_browser(java_script_enabled=False)
    go_to_the_entrance_with_a_cart(page)

    choose_demo_id(page)
    page.get_by_label("Subject").fill("unproven@example.com")
    page.get_by_role("button", name="Authorize", exact=True).click()
    confirm(page, "unproven@example.com")

    expect_the_checkout(page)


def test_refusal_elsewhere_leads_to_other_ways(open_browser):
    page = open_browser()
    go_to_the_entrance_with_a_cart(page)

    choose_demo_id(page)
    page.get_by_role("button", name="Deny access").click()

    expect(page.get_by_role("heading", level=1)).to_have_text("You came back")
    page.goto("/cart/")
    expect(page.locator("#cart-badge")).to_contain_text("1")


def test_passkey_opens_an_account_and_signs_in(page_with_passkeys):
    page = page_with_passkeys
    go_to_the_entrance_with_a_cart(page)
    page.get_by_role("link", name="Start with a passkey").click()
    page.get_by_label("E-mail address").fill("passkey@example.com")
    page.get_by_role("button", name="E-mail me a code").click()
    confirm(page, "passkey@example.com")
    page.get_by_role("button", name="Make the passkey").click()
    expect_the_checkout(page)

    sign_out(page)
    page.add_init_script(CANNOT_OFFER)
    go_to_the_entrance_with_a_cart(page)
    page.get_by_role("button", name="Use a passkey").click()
    expect_the_checkout(page)

    page.goto("/accounts/")
    expect(page.locator("#stage")).to_contain_text("last used on")


def test_passkey_is_offered_in_the_field_itself(page_with_passkeys):
    """The browser offers it without being asked; somebody who is there has chosen it at once."""
    page = page_with_passkeys
    page.goto("/accounts/login/?next=/accounts/2fa/webauthn/add/")
    sign_in_by_code(page, "autofill@example.com")
    page.get_by_label("Name").fill("My laptop")
    page.get_by_role("button", name="Add it").click()
    page.wait_for_url("**/accounts/")
    expect(page.locator("#stage")).to_contain_text("My laptop")
    letter = read_mail(page, "autofill@example.com", "A passkey was added")
    assert "It can sign in by itself." in letter

    sign_out(page)
    go_to_the_entrance_with_a_cart(page)

    expect_the_checkout(page)


def test_app_and_recovery_code_are_the_second_step(open_browser):
    page = open_browser()
    page.goto("/accounts/login/?next=/accounts/2fa/totp/activate/")
    sign_in_by_code(page, "twosteps@example.com")
    page.wait_for_url("**/totp/activate/")
    secret = page.locator(".secret").inner_text()
    page.get_by_label("Code").fill(app_code(secret))
    page.get_by_role("button", name="Add the app").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Recovery codes")
    codes = page.locator(".codes li").all_inner_texts()
    assert len(set(codes)) == 10
    with page.expect_download() as download:
        page.get_by_role("link", name="Download").click()
    assert download.value.path().read_text().split() == codes
    page.reload()
    expect(page.locator("#stage")).not_to_contain_text(codes[0])

    for script, shown in [(True, app_code(secret, periods=1)), (False, codes[3])]:
        page = open_browser(java_script_enabled=script)
        go_to_the_entrance_with_a_cart(page)
        sign_in_by_code(page, "twosteps@example.com")
        expect(page.get_by_role("heading", level=1)).to_have_text("The second step")
        page.get_by_label("Code").fill(shown)
        page.get_by_role("button", name="Sign in", exact=True).click()
        expect_the_checkout(page)


def test_password_is_set_and_signs_in_without_script(open_browser):
    page = open_browser(java_script_enabled=False)
    page.goto("/accounts/login/?next=/accounts/password/set/")
    sign_in_by_code(page, "password@example.com")
    page.get_by_label("Password", exact=True).fill("seven wooden spoons")
    page.get_by_label("Password (again)").fill("seven wooden spoons")
    page.get_by_role("button", name="Set the password").click()
    page.wait_for_url("**/accounts/")
    sign_out(page)

    go_to_the_entrance_with_a_cart(page)
    page.get_by_role("link", name="I have a password").click()
    page.get_by_label("E-mail address").fill("password@example.com")
    page.get_by_label("Password").fill("seven wooden spoons")
    page.get_by_role("button", name="Sign in", exact=True).click()

    expect_the_checkout(page)


def test_owner_of_the_demo_comes_in_with_the_app_beside_the_mailbox(open_browser):
    page = open_browser()
    page.goto("/admin/")
    sign_in_by_code(page, "owner@example.com")
    take_the_second_step(page)

    page.wait_for_url("**/admin/")
