"""Where orders are, for who has lost the links: one mail to the address they were placed with."""

from checkout import mails
from checkout.models import Order
from project.jobs import PATIENTLY, job

MOST = 30  # orders in one letter: the latest


@job(queue="mail", retry=PATIENTLY)
def mail_order_links(email: str, key: str) -> None:
    """Write to an address where its orders are; nothing, if it has none. Once for each ``key``.

    Orders that an account holds are not told one by one: their links ask to sign in.
    """
    placed = Order.objects.placed_with([email]).sought()
    waiting = list(placed.unclaimed().newest_first()[:MOST])
    has_account = placed.exclude(user=None).exists()
    if waiting or has_account:
        mails.send_order_links(email, waiting, has_account=has_account, key=key)
