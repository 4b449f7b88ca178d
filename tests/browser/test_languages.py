"""The shop in Indonesian: switching to it, and buying a course, with JavaScript and without."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import only_as_served
from tests.browser.steps import BREAD, go_and_sign_in, pay, read_code, read_mail

pytestmark = [pytest.mark.browser, only_as_served]

BOTH = pytest.mark.parametrize("java_script", [True, False], ids=["htmx", "plain"])
A_DAY = re.compile(
    r"\d{1,2} (Januari|Februari|Maret|April|Mei|Juni|Juli|Agustus|September|Oktober|November"
    r"|Desember) \d{4}, \d{2}\.\d{2}"
)


def speak_indonesian(page):
    page.get_by_role("button", name="Bahasa Indonesia").click()
    expect(page.locator("html")).to_have_attribute("lang", "id")


@BOTH
def test_switch_comes_back_to_the_page_and_is_remembered(open_browser, java_script):
    page = open_browser(java_script_enabled=java_script)
    page.goto("/")
    page.get_by_role("link", name=BREAD).first.click()
    page.wait_for_url("**/courses/bread-from-scratch/")

    speak_indonesian(page)

    assert page.url.endswith("/courses/bread-from-scratch/")
    expect(page.get_by_role("button", name="Bahasa Indonesia")).to_have_attribute(
        "aria-current", "true"
    )
    expect(page.get_by_role("heading", name=BREAD, level=1)).to_be_visible()
    page.goto("/cart/")
    expect(page.get_by_role("heading", level=1)).to_have_text("Keranjang Anda")

    page.get_by_role("button", name="English").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Your cart")
    assert page.url.endswith("/cart/")


@BOTH
def test_buying_in_indonesian(open_browser, java_script):
    email = f"budi{java_script:d}@example.com"
    page = open_browser(java_script_enabled=java_script)
    page.goto("/")
    speak_indonesian(page)
    page.get_by_role("button", name=re.compile(f"Tambah ke keranjang.*{BREAD}")).click()
    expect(page.locator("#cart-badge")).to_contain_text("1")
    page.goto("/cart/")
    expect(page.locator("#cart")).to_contain_text("US$39")

    go_and_sign_in(page, link="Masuk")
    page.get_by_label("Alamat email").fill(email)
    page.get_by_role("button", name="Kirim kode lewat email").click()
    page.locator("input[name=code]").fill(read_code(page, email))
    page.get_by_role("button", name="Masuk").click()
    page.wait_for_url("**/cart/")
    page.get_by_role("button", name="Lanjut ke pembayaran").click()
    page.wait_for_url("**/sandbox/pay/**")
    expect(page.locator("html")).to_have_attribute("lang", "en")
    pay(page)

    page.wait_for_url("**/orders/**")
    expect(page.get_by_role("heading", name="Kini milik Anda.")).to_be_visible()
    expect(page.locator("#order")).to_contain_text("Lunas, terima kasih")
    expect(page.locator("#order")).to_contain_text("US$39")
    page.reload()  # the panel that flips leaves its story out
    expect(page.locator("#order .moments")).to_contain_text(A_DAY)
    letter = read_mail(page, email, "Pesanan No.")
    assert "Terima kasih atas pesanan Anda." in letter
    assert "US$39" in letter


def test_browser_that_asks_for_indonesian_gets_it(open_browser):
    page = open_browser(locale="id-ID")
    page.goto("/")

    expect(page.locator("html")).to_have_attribute("lang", "id")
    assert page.context.cookies() == []


def test_tab_that_still_speaks_another_language_is_loaded_anew(open_browser):
    """Switched in another tab: a page shall not be half in one language and half in the other."""
    page = open_browser()
    page.goto("/")
    other = page.context.new_page()
    other.goto("/cart/")
    speak_indonesian(other)

    page.locator(".masthead").get_by_role("link", name="Cart").click()

    expect(page.get_by_role("heading", level=1)).to_have_text("Keranjang Anda")
    expect(page.locator("html")).to_have_attribute("lang", "id")
    expect(page.locator(".masthead").get_by_role("link", name="Keranjang")).to_be_visible()
    assert page.url.endswith("/cart/")


def test_switch_by_keyboard_at_320_pixels(open_browser):
    page = open_browser(viewport={"width": 320, "height": 640})
    page.goto("/cart/")
    button = page.get_by_role("button", name="Bahasa Indonesia")
    button.focus()
    assert button.bounding_box()["height"] >= 44

    page.keyboard.press("Enter")

    expect(page.locator("html")).to_have_attribute("lang", "id")
    widths = page.evaluate("() => [document.documentElement.scrollWidth, innerWidth]")
    assert widths[0] <= widths[1]
