"""What people do in the shop, with JavaScript or without."""

import re

from playwright.sync_api import Page, expect

BREAD, SKY = "Bread from Scratch", "The Sky with Your Own Eyes"
CARD, DECLINED = "4242 4242 4242 4242", "4000 0000 0000 0002"
ACCOUNT = "000123456789"  # pays, after a while


def add_to_cart(page: Page, title: str, *, count: int) -> None:
    """Press the add button of a course on the catalog, and see that it counts."""
    page.get_by_role("button", name=re.compile(f"Add to cart.*{title}")).click()
    expect(page.locator("#cart-badge")).to_contain_text(str(count))


def go_and_sign_in(page: Page, *, link: str = "Sign in") -> None:
    """Leave the cart for the sign-in, as somebody does who has an account."""
    page.goto("/cart/")
    page.locator("#cart").get_by_role("link", name=link).click()
    page.wait_for_url("**/accounts/login/**")


def sign_in_by_code(page: Page, email: str) -> None:
    """Ask for a code, read it in the demo's mailbox in another tab, and give it."""
    page.get_by_label("E-mail").fill(email)
    page.get_by_role("button", name="E-mail me a code").click()
    code = read_code(page, email)
    page.get_by_label("Code").fill(code)
    page.get_by_role("button", name=re.compile("Sign in|Continue|Confirm")).first.click()


def take_the_second_step(page: Page) -> None:
    """Type in what the owner's authenticator app shows beside the demo's mailbox."""
    mailbox = page.context.new_page()
    mailbox.goto("/demo/mailbox/")
    code = mailbox.locator(".app-code").inner_text()
    mailbox.close()
    page.get_by_label("Code").fill(code)
    page.get_by_role("button", name="Sign in", exact=True).click()


def read_code(page: Page, email: str) -> str:
    """Return the newest code that was sent to ``email``."""
    mailbox = page.context.new_page()
    for _ in range(50):
        mailbox.goto("/demo/mailbox/")
        mail = mailbox.locator("#mails li", has_text=email).first
        if mail.count() and (code := re.search(r"\b[A-Z0-9]{4}-[A-Z0-9]{4}\b", mail.inner_text())):
            mailbox.close()
            return code[0]
        mailbox.wait_for_timeout(200)
    raise AssertionError(f"No code came for {email}.")


def pay(page: Page, *, card: str = CARD) -> None:
    """Fill in the sandbox's pay page, and press Pay."""
    page.get_by_label("Card number").fill(card)
    page.get_by_label("Expires").fill("12 / 34")
    page.get_by_label("Security code").fill("123")
    page.get_by_role("button", name=re.compile("^Pay ")).click()


def pay_by_debit(page: Page, *, account: str = ACCOUNT) -> None:
    """Choose the bank account on the sandbox's pay page, and press Pay."""
    page.get_by_label("Bank account").check()
    page.get_by_label("Routing number").fill("110000000")
    page.get_by_label("Account number").fill(account)
    page.get_by_label("Name on the account").fill("Ada Lovelace")
    page.get_by_role("button", name=re.compile("^Pay ")).click()


def read_mail(page: Page, email: str, subject: str) -> str:
    """Return the text of a letter that comes to ``email``."""
    mailbox = page.context.new_page()
    for _ in range(150):  # a minute or so: the worker may have much to do
        mailbox.goto("/demo/mailbox/")
        mail = mailbox.locator("#mails li", has_text=email).filter(has_text=subject).first
        if mail.count():
            mail.get_by_role("link").click()
            mailbox.wait_for_url("**/demo/mailbox/*/")
            text = mailbox.locator("#stage").inner_text()
            mailbox.close()
            return text
        mailbox.wait_for_timeout(200)
    raise AssertionError(f"No letter “{subject}” came for {email}.")
