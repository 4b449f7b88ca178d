"""What claiming looks like from outside: people at browsers, seats, and two things at once."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from django.db import connection
from django.test import Client

from checkout.models import OrderLine, RefundReason
from checkout.refunds import request_refund
from library.models import Enrollment
from project.models import OutboundMail
from tests.accounts.letters import newest_code
from tests.accounts.test_entrance import ask_for_code, type_in
from tests.checkout.guests import ADA, create_person
from tests.factories import create_learner


def sign_in_by_code(client, email=ADA, *, next_url=""):
    """Prove the address, as people do."""
    ask_for_code(client, email, next_url=next_url)
    return type_in(client, newest_code(email), next_url=next_url)


def seats():
    rows = Enrollment.objects.order_by("pk").values_list("status", "learner__email")
    return list(rows)


def own():
    return list(OrderLine.objects.order_by("pk").values_list("is_for_buyer", flat=True))


def claim(client, order):
    return client.post(f"{order.get_absolute_url()}claim/")


def give_back(payment, line):
    """Ask for a line's price to go back, and its seat to close."""
    return request_refund(
        payment,
        amount_minor=line.price_minor,
        reason=RefundReason.ASKED,
        lines=[line],
        ends_access=True,
    )


def written_to(email, key):
    return OutboundMail.objects.filter(to=email, key=key).exists()


def person_at_browser(email="", *, is_verified=True):
    person = create_person(email, is_verified=is_verified) if email else create_learner()
    client = Client()
    client.force_login(person)
    return person, client


def together(*works):
    starting_line = Barrier(len(works))

    def run(work):
        try:
            starting_line.wait()
            return work()
        finally:
            connection.close()

    with ThreadPoolExecutor(len(works)) as pool:
        return [future.result() for future in [pool.submit(run, work) for work in works]]
