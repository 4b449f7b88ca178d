"""How the pages behave, with both versions of htmx. The other patterns are shown elsewhere.

pattern 1, 4, 5: tests/project/test_shell.py
pattern 2: tests/catalog/test_course_list.py, tests/checkout/test_cart_fragments.py
pattern 3: every journey of test_buying.py, one without JavaScript
pattern 9: tests/checkout/test_start.py
pattern 13: test_buying.py, where the panel flips
pattern 14: test_waiting_page_polls_and_reloads_itself_without_javascript
pattern 15: test_poll_of_somebody_signed_out_ends_with_a_way_to_sign_in
pattern 16: tests/project/test_htmx.py, tests/checkout/test_start.py
pattern 17: tests/checkout/test_cart_merging.py, test_signing_in.py
pattern 20: tests/catalog/test_course_list.py, test_buying.py
pattern 25: tests/browser/conftest.py
"""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import only_as_served
from tests.browser.steps import BREAD, SKY, add_to_cart

pytestmark = pytest.mark.browser

HIDE = "(is) => Object.defineProperty(document, 'hidden', { value: is, configurable: true })"
# What browsers and both versions of htmx write to the console when an answer does not come.
FAILING = r"Failed to (load|fetch)|htmx:|Response Status|503"
LOOK_AGAIN = "() => document.dispatchEvent(new Event('visibilitychange'))"


def notes_of(page, method, pattern):
    """Return a list that grows with each request to a path."""
    noted = []

    def note(request):
        if request.method == method and re.search(pattern, request.url):
            noted.append(request.url)

    page.on("request", note)
    return noted


def test_three_clicks_add_once_and_keep_the_focus(open_browser):
    """pattern 6, pattern 8."""
    page = open_browser()
    page.goto("/")
    sent = notes_of(page, "POST", "/cart/items/$")
    button = page.get_by_role("button", name=re.compile(f"Add to cart.*{BREAD}"))
    page.route("**/cart/items/", lambda route: (page.wait_for_timeout(300), route.continue_()))

    button.focus()
    button.evaluate("(button) => { button.click(); button.click(); button.click(); }")

    expect(button).to_have_attribute("aria-disabled", "true")
    expect(page.locator("#cart-badge")).to_contain_text("1")
    expect(page.get_by_role("link", name="In your cart").first).to_be_focused()
    assert len(sent) == 1


def test_removing_leads_the_focus_on(open_browser):
    """pattern 7."""
    page = open_browser()
    page.goto("/")
    add_to_cart(page, BREAD, count=1)
    add_to_cart(page, SKY, count=2)

    page.get_by_role("button", name=f"Remove {BREAD}").click()
    expect(page.get_by_role("button", name=f"Remove {SKY}")).to_be_focused()
    # Until then the key would send the form as it does without script: right, but not this pattern.
    expect(
        page.locator(".htmx-settling, .htmx-swapping, .htmx-request, .htmx-added")
    ).to_have_count(0)
    page.keyboard.press("Enter")

    expect(page.locator("#cart-heading")).to_be_focused()
    expect(page.locator("#cart")).to_contain_text("Nothing here yet.")


def test_a_page_that_the_browser_had_kept_is_loaded_anew(open_browser):
    """pattern 10."""
    page = open_browser()
    page.goto("/cart/")
    page.evaluate("() => { window.isOld = true; }")

    with page.expect_navigation():
        page.evaluate(
            "() => window.dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }))"
        )

    assert page.evaluate("() => window.isOld === undefined")


def test_a_hidden_page_asks_nothing_and_asks_at_once_when_seen(see):
    """pattern 11, pattern 12."""
    page = see("order, pending")
    asked = notes_of(page, "GET", "/status/")
    page.evaluate(HIDE, True)
    page.wait_for_timeout(3000)
    assert asked == []

    page.evaluate(HIDE, False)
    with page.expect_request("**/status/**", timeout=1500):
        page.evaluate(LOOK_AGAIN)


def test_polls_that_fail_are_silent_and_go_on(see):
    """pattern 12."""
    page = see("order, pending", accepts=FAILING)
    page.route("**/status/**", lambda route: route.abort())
    for _ in range(2):
        page.wait_for_event("requestfailed", lambda request: "/status/" in request.url)

    expect(page.get_by_role("heading", name="Confirming your payment")).to_be_visible()
    expect(page.locator(".toast")).to_have_count(0)
    page.unroute_all()
    page.wait_for_event("requestfinished", lambda request: "/status/" in request.url)


def test_after_two_minutes_the_page_rests_and_can_be_asked(see):
    """pattern 12."""
    page = see("order, slow")
    asked = notes_of(page, "GET", "/status/")

    expect(page.get_by_role("button", name="Check again")).to_be_visible()
    page.wait_for_timeout(2500)
    assert asked == []


@only_as_served
def test_a_wrong_address_is_told_above_its_field(open_browser):
    """pattern 18."""
    page = open_browser()
    page.goto("/accounts/login/")
    page.get_by_label("E-mail").fill("nobody")
    page.locator("form.form").evaluate("(form) => { form.noValidate = true; }")
    with page.expect_response(lambda answer: answer.request.method == "POST") as refusal:
        page.get_by_role("button", name="E-mail me a code").click()

    assert refusal.value.status == 422
    alert = page.get_by_role("alert")
    expect(alert).to_be_focused()
    alert.get_by_role("link").click()
    expect(page.get_by_label("E-mail")).to_be_focused()
    expect(page.get_by_label("E-mail")).to_have_attribute("aria-invalid", "true")
    described = page.get_by_label("E-mail").get_attribute("aria-describedby").split()
    assert all(page.locator(f"[id='{name}']").count() == 1 for name in described)


@pytest.mark.parametrize("failure", ["no answer", "503"])
def test_failures_change_nothing_and_are_told_once(open_browser, failure):
    """pattern 19, pattern 22."""
    page = open_browser(accepts=FAILING)
    page.goto("/")
    answers = {"no answer": lambda r: r.abort(), "503": lambda r: r.fulfill(status=503, body="no")}
    page.route("**/cart/items/", answers[failure])
    button = page.get_by_role("button", name=re.compile(f"Add to cart.*{BREAD}"))
    button.click()
    toast = page.locator("#toasts .toast-error")
    expect(toast).to_have_text(re.compile("That did not work"))
    expect(button).not_to_have_attribute("aria-disabled", "true")
    button.click()
    page.wait_for_timeout(500)

    expect(toast).to_have_count(1)
    expect(page.locator("#cart")).to_contain_text("Nothing here yet.")
    toast.get_by_role("button", name="Close").click()
    expect(toast).to_have_count(0)


def test_a_form_that_is_out_of_date_brings_the_page_anew(see):
    """pattern 19."""
    page = see("lesson, questions not passed", accepts="403")
    page.context.clear_cookies(name="csrf")

    with page.expect_navigation():
        page.locator("#quiz button[type=submit]").click()

    expect(page.locator("#quiz button[type=submit]")).to_be_visible()


def test_good_news_leaves_by_itself_and_errors_stay(open_browser):
    """pattern 21, pattern 22."""
    page = open_browser()
    page.clock.install()
    page.goto("/")
    expect(page.locator("#toasts[role=status]")).to_be_empty()
    add_to_cart(page, BREAD, count=1)
    page.evaluate("() => toasts.append(document.getElementById('failure').content.cloneNode(true))")
    expect(page.locator(".toast")).to_have_count(2)
    page.mouse.move(5, 5)

    page.clock.run_for(6500)

    expect(page.locator(".toast")).to_have_count(1)
    expect(page.locator(".toast-error")).to_be_visible()


def test_nothing_of_a_page_is_left_behind_in_the_browser(open_browser):
    """pattern 23."""
    page = open_browser()
    page.goto("/")
    page.get_by_role("link", name=BREAD).first.click()
    page.wait_for_url("**/courses/**")
    page.go_back()
    expect(page.get_by_role("heading", name=SKY).first).to_be_visible()

    kept = page.evaluate("() => ({ ...sessionStorage, ...localStorage })")
    assert [value for value in kept.values() if "<" in value] == []


@only_as_served
def test_menus_need_no_script(open_browser, demo, shown):
    """pattern 24."""
    page = open_browser(java_script_enabled=False)
    session = shown["states"]["shelf"]["session"]
    page.context.add_cookies([{"name": "session", "value": session, "url": str(demo)}])
    page.goto("/library/")
    opener, menu = page.get_by_role("button", name="Account"), page.locator("#account-menu")
    opener.click()
    expect(menu).to_be_visible()
    page.keyboard.press("Escape")
    expect(menu).to_be_hidden()
    expect(opener).to_be_focused()


@only_as_served
@pytest.mark.parametrize("has_script", [True, False], ids=["with script", "without"])
def test_the_dark_is_chosen_and_stays_chosen(open_browser, has_script):
    page = open_browser(java_script_enabled=has_script, color_scheme="light")
    page.goto("/courses/bread-from-scratch/")
    if has_script:
        page.get_by_role("button", name="Dark").scroll_into_view_if_needed()
    place = page.evaluate("() => scrollY")

    page.get_by_role("button", name="Dark").click()

    expect(page.get_by_role("button", name="Dark")).to_have_attribute("aria-pressed", "true")
    expect(page.locator("html")).to_have_css("color-scheme", "dark")
    expect(page.locator("html")).to_have_css("background-color", "rgb(23, 20, 16)")
    assert page.url.endswith("/courses/bread-from-scratch/")
    assert not has_script or page.evaluate("() => scrollY") == place
    page.goto("/cart/")
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
