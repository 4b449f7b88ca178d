"""What was bought without an account comes to whoever proves to be its buyer: whole, and once."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from uuid import uuid4

import pytest
from allauth.account.models import EmailAddress
from django.db import OperationalError, connection
from django.test import Client
from procrastinate.contrib.django.models import ProcrastinateJob

from checkout.carts import SESSION_KEY
from checkout.claims import claim_order, claim_orders
from checkout.disputes import apply_disputes
from checkout.merging import end_order
from checkout.models import Cart, Order, OrderLine, Payment, RefundReason
from checkout.placing import CartNeedsAttention, place_order
from checkout.refunds import apply_refunds, request_refund
from checkout.settlement import settle
from library.models import Enrollment, InvalidTransition, LessonProgress
from project.models import OutboundMail
from tests.accounts.letters import newest_code
from tests.accounts.test_entrance import ask_for_code, type_in
from tests.checkout.guests import ADA, Browser, create_guest_order, create_person
from tests.checkout.shop import create_order, create_payment, dispute_of, snapshot_of
from tests.checkout.test_cart_merging import sign_in_with
from tests.checkout.test_mails import refund_of
from tests.checkout.test_orders import text_of
from tests.checkout.test_start import statuses
from tests.factories import create_course, create_learner, enroll

pytestmark = pytest.mark.django_db


@pytest.fixture
def browser(memory_gateway):
    return Browser(memory_gateway)


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


# By proving the address


def test_code_in_another_browser_brings_the_order(browser, course):
    order = browser.buy(course)
    other = Client()

    response = sign_in_by_code(other, next_url=order.get_absolute_url())

    assert response.url == order.get_absolute_url()
    order.refresh_from_db()
    assert (order.user.email, order.claimed_at is None) == (ADA, False)
    assert seats() == [("active", ADA)]
    page = text_of(other.get(order.get_absolute_url()))
    assert f"Order {order.number} is in your account now." in page
    assert "Start lesson 1" in page
    assert "Save to" not in page
    assert other.get(f"/library/{course.slug}/").status_code == 200


def test_code_in_the_browser_that_bought_brings_order_and_what_was_done(browser, course):
    order = browser.buy(course)
    browser.look(order)
    lesson = course.lessons.first()
    done = f"/library/{course.slug}/{lesson.slug}/completion/"
    browser.client.post(done, {"done": "1"})
    assert not LessonProgress.objects.exists()

    sign_in_by_code(browser.client)

    progress = LessonProgress.objects.get()
    assert (progress.learner.email, progress.lesson) == (ADA, lesson)
    assert "guest_done" not in {key for key, value in browser.client.session.items() if value}
    assert "1 of 2 lessons done" in text_of(browser.client.get("/library/"))


def test_address_that_is_only_typed_gives_nothing(browser, course):
    """An account that was begun with the address, and whose code was never given."""
    order = browser.buy(course)
    person, client = person_at_browser(ADA, is_verified=False)

    client.get("/library/")
    client.get("/orders/")
    page = text_of(client.get(order.get_absolute_url()))

    assert "Save to my account" in page
    assert claim_orders(person) == []
    assert seats() == [("unclaimed", None)]


def test_address_that_only_looks_the_same_gives_nothing(browser, course):
    """To PostgreSQL the upper case of both is one."""
    browser.buy(course, email="mike@example.com")
    impostor = create_person("mıke@example.com")

    assert claim_orders(impostor) == []


def test_person_who_is_shut_out_gets_nothing(course):
    create_guest_order(courses=[course])
    person = create_person()
    person.is_active = False
    person.save()

    assert claim_orders(person) == []


@pytest.mark.parametrize("page", ["/library/", "/orders/", "order"])
def test_owner_of_the_address_finds_the_course_at_the_next_look(browser, course, page):
    """They were signed in all the time; the browser that bought may be another."""
    person, client = person_at_browser(ADA)
    order = browser.buy(course)
    assert "Start lesson 1" in text_of(browser.look(order))

    response = client.get(order.get_absolute_url() if page == "order" else page)

    assert f"Order {order.number} is in your account now." in text_of(response)
    assert seats() == [("active", ADA)]
    assert course.title in text_of(client.get("/library/"))
    assert person.orders.get() == order


def test_browser_that_bought_loses_what_an_account_has_taken(browser, course):
    order = browser.buy(course)
    browser.look(order)
    claim_orders(create_person())

    page = browser.look(order)
    poll = browser.client.get(f"{order.get_absolute_url()}status/", headers={"HX-Request": "true"})
    lesson = browser.client.get(f"/library/{course.slug}/")

    assert page["Location"].startswith("/accounts/login/?next=%2Forders%2F")
    assert "Sign in to see this order" in text_of(poll)
    assert lesson["Location"].startswith("/accounts/login/")
    assert browser.client.get("/library/")["Location"].startswith("/accounts/login/")


def test_order_that_waits_for_its_money_stays_with_the_browser(browser, course):
    """Or whoever owns the address would take the page away under the hands of who pays."""
    person = create_person()
    browser.add(course)
    browser.check_out()

    assert claim_orders(person) == []
    order = browser.pay()
    assert "Start lesson 1" in text_of(browser.look(order))
    assert [claim.order for claim in claim_orders(person)] == [order]


def test_new_address_brings_its_orders_once_its_code_was_given(browser, course):
    order = browser.buy(course)
    _, client = person_at_browser("old@example.com")
    client = Client()
    sign_in_by_code(client, "old@example.com")

    client.post("/accounts/email/", {"email": ADA, "action_add": ""})
    order.refresh_from_db()
    assert order.user is None
    client.post("/accounts/confirm-email/", {"code": newest_code(ADA)})

    assert EmailAddress.objects.get(verified=True).email == ADA
    order.refresh_from_db()
    assert order.user.email == ADA


def test_claiming_again_changes_nothing(course):
    order = create_guest_order(courses=[course])
    person = create_person()

    assert [claim.order for claim in claim_orders(person)] == [order]
    order.refresh_from_db()
    before = (order.version, order.claimed_at)
    assert claim_orders(person) == []
    assert claim_order(order.pk, person) is None
    order.refresh_from_db()
    assert (order.version, order.claimed_at) == before


def test_claim_that_fails_breaks_neither_signing_in_nor_the_shelf(browser, course, caplog):
    order = browser.buy(course)
    client = Client()

    def refuse(execute, sql, params, many, context):
        if sql.startswith("UPDATE") and "claimed_at" in sql:
            raise OperationalError("canceling statement due to lock timeout")
        return execute(sql, params, many, context)

    with connection.execute_wrapper(refuse):
        sign_in_by_code(client)
        assert client.get("/library/").status_code == 200

    assert "were not claimed" in caplog.text
    assert seats() == [("unclaimed", None)]
    client.get("/library/")
    assert seats() == [("active", ADA)]
    order.refresh_from_db()
    assert order.user.email == ADA


# By the secret link


def test_link_saves_the_whole_order_to_whoever_is_signed_in(course):
    courses = [course, create_course(lessons=1)]
    order = create_guest_order(courses=courses, seats=2)
    person, client = person_at_browser()
    assert "Save to my account" in text_of(client.get(order.get_absolute_url()))

    response = claim(client, order)

    assert (response.status_code, response["Location"]) == (303, order.get_absolute_url())
    mine = (("active", person.email), ("unclaimed", None))
    assert sorted(seats(), key=str) == sorted(mine * 2, key=str)
    page = text_of(client.get(order.get_absolute_url()))
    assert page.count("Start lesson 1") == 2
    assert "Seats to give away" in page


def test_link_of_a_stranger_asks_to_sign_in(course):
    order = create_guest_order(courses=[course])

    response = claim(Client(), order)

    assert response["Location"].startswith("/accounts/login/?next=%2Forders%2F")
    assert seats() == [("unclaimed", None)]


def test_link_that_was_used_is_of_no_use_to_the_next(course):
    order = create_guest_order(courses=[course])
    person, client = person_at_browser()
    _, other = person_at_browser()
    claim(client, order)

    replays = [claim(client, order).status_code, claim(other, order).status_code]

    assert replays == [303, 404]
    assert other.get(order.get_absolute_url()).status_code == 404
    assert Client().get(order.get_absolute_url()).status_code == 303
    assert seats() == [("active", person.email)]


@pytest.mark.parametrize("reference", ["x" * 20, "find", "0", "a-b"])
def test_link_that_is_guessed_takes_nothing(course, reference):
    create_guest_order(courses=[course])
    _, client = person_at_browser()

    assert client.post(f"/orders/{reference}/claim/").status_code == 404
    assert seats() == [("unclaimed", None)]


def test_order_that_was_saved_to_another_address_is_not_taken_by_its_own(course):
    """Whoever has the link may take it; what has a holder, proving an address does not move."""
    order = create_guest_order(courses=[course])
    holder, client = person_at_browser()
    claim(client, order)

    assert claim_orders(create_person()) == []
    assert seats() == [("active", holder.email)]


def test_order_that_waits_can_be_saved_and_opens_for_its_holder(browser, course):
    browser.add(course)
    browser.check_out()
    order = Order.objects.get()
    person, client = person_at_browser()
    claim(client, order)

    browser.pay()

    assert seats() == [("active", person.email)]
    assert statuses() == (["paid"], ["paid"])


# What the person has already


def test_course_that_is_owned_leaves_the_seat_to_give_away(course):
    other = create_course(title="Knots", lessons=1)
    order = create_guest_order(courses=[course, other])
    person, client = person_at_browser()
    enroll(person, course=course)

    claim(client, order)

    page = text_of(client.get(order.get_absolute_url()))
    spare = Enrollment.objects.get(order_line__course=course)
    assert (spare.status, spare.learner) == ("unclaimed", None)
    assert spare.claim_url in page
    assert f"You had “{course.title}” already." in page
    assert own() == [False, True]
    assert page.count("Start lesson 1") == 1
    friend, friends_client = person_at_browser()
    friends_client.post(spare.claim_url.removeprefix("http://localhost:8000"))
    spare.refresh_from_db()
    assert spare.learner == friend


def test_course_that_is_owned_by_now_is_a_gift_of_an_order_that_waits(browser, course):
    browser.add(course)
    browser.check_out()
    person, client = person_at_browser()
    enroll(person, course=course)
    claim(client, Order.objects.get())

    browser.pay()

    assert own() == [False]
    assert seats()[-1] == ("unclaimed", None)


def test_same_course_bought_as_guest_and_as_person_can_be_refunded(browser, course):
    person, client = person_at_browser(ADA)
    bought = create_order(buyer=person, courses=[course], with_cart=False)
    payment = create_payment(order=bought)
    settle(payment.pk, snapshot_of(payment))
    order = browser.buy(course)

    client.get("/library/")

    assert [seat for seat in seats() if seat[1]] == [("active", ADA)]
    payment = order.payments.get()
    line = order.lines.get()
    refund = give_back(payment, line)
    apply_refunds(payment.pk, [refund_of(refund)])
    assert seats() == [("active", ADA), ("revoked", None)]
    assert written_to(ADA, f"refunded:{refund.pk}")


def test_seat_that_its_link_gave_away_stays_where_it_is(course):
    """Letters of old shops had a link for each seat, the buyer's own among them."""
    order = create_guest_order(courses=[course])
    friend = create_learner()
    Enrollment.objects.get().claim(friend)
    _, client = person_at_browser()

    claim(client, order)

    assert seats() == [("active", friend.email)]
    assert own() == [False]
    assert "Start lesson 1" not in text_of(client.get(order.get_absolute_url()))


def test_seat_that_its_link_gave_away_opens_for_nobody_else(course):
    order = create_guest_order(courses=[course])
    Enrollment.objects.get().claim(create_learner())
    _, client = person_at_browser()

    assert "Start lesson 1" not in text_of(client.get(order.get_absolute_url()))


def test_two_orders_of_one_course_open_it_once(course):
    orders = [create_guest_order(courses=[course]) for _ in range(2)]
    person = create_person()

    claims = claim_orders(person)

    assert [claim.order for claim in claims] == orders
    assert [len(claim.spare) for claim in claims] == [0, 1]
    assert seats() == [("active", ADA), ("unclaimed", None)]


# Money that goes back


def test_dispute_before_the_claim_keeps_the_seat_for_the_claimer(course):
    order = create_guest_order(courses=[course])
    payment = order.payments.get()
    apply_disputes(payment.pk, [dispute_of(payment, "needs_response")])
    assert seats() == [("suspended", None)]
    _, client = person_at_browser(ADA)

    client.get("/library/")
    assert seats() == [("suspended", ADA)]
    assert "Paused" in text_of(client.get(order.get_absolute_url()))

    apply_disputes(payment.pk, [dispute_of(payment, "won")])
    assert seats() == [("active", ADA)]


def test_dispute_that_is_paused_leaves_a_spare_seat_spare(course):
    order = create_guest_order(courses=[course])
    payment = order.payments.get()
    apply_disputes(payment.pk, [dispute_of(payment, "needs_response")])
    person = create_person()
    enroll(person, course=course)

    claim_orders(person)
    apply_disputes(payment.pk, [dispute_of(payment, "won")])

    assert seats()[0] == ("unclaimed", None)
    assert own() == [False]


def test_refund_before_the_claim_that_comes_back_opens_for_the_claimer(course):
    order = create_guest_order(courses=[course])
    payment = order.payments.get()
    refund = give_back(payment, order.lines.get())
    apply_refunds(payment.pk, [refund_of(refund)])
    assert seats() == [("revoked", None)]
    claim_orders(create_person())

    apply_refunds(payment.pk, [refund_of(refund, "failed")])

    assert seats() == [("revoked", None), ("active", ADA)]


def test_refund_after_the_claim_closes_the_course(course):
    order = create_guest_order(courses=[course])
    payment = order.payments.get()
    claim_orders(create_person())
    refund = give_back(payment, order.lines.get())

    apply_refunds(payment.pk, [refund_of(refund)])

    assert seats() == [("revoked", ADA)]
    assert written_to(ADA, f"refunded:{refund.pk}")


# At the same moment


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


@pytest.mark.django_db(transaction=True)
def test_two_people_with_one_link_and_one_gets_it(course):
    order = create_guest_order(courses=[course, create_course()])
    people = [create_learner() for _ in range(4)]

    claims = together(*[lambda person=person: claim_order(order.pk, person) for person in people])

    assert sum(claim is not None for claim in claims) == 1
    order.refresh_from_db()
    assert seats() == [("active", order.user.email)] * 2


@pytest.mark.django_db(transaction=True)
def test_one_person_with_two_orders_and_two_looks(course):
    """Both looks take both orders, in the same order; nobody waits in a circle."""
    for _ in range(2):
        create_guest_order(courses=[course, create_course()])
    person = create_person()

    claims = together(*[lambda: claim_orders(person)] * 4)

    assert sum(len(some) for some in claims) == 2
    active = [seat for seat in seats() if seat == ("active", ADA)]
    assert (len(active), len(seats())) == (3, 4)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("time", range(5))
def test_claim_at_the_moment_of_settling_ends_with_the_seat(course, time):
    order = create_guest_order(courses=[course], is_paid=False)
    payment = order.payments.get()
    person = create_person()

    together(
        lambda: settle(payment.pk, snapshot_of(payment)),
        lambda: claim_order(order.pk, person),
    )

    assert seats() == [("active", ADA)]
    assert own() == [True]


@pytest.mark.django_db(transaction=True)
def test_seat_that_is_taken_by_its_link_while_the_order_is_claimed_has_one_holder(course):
    order = create_guest_order(courses=[course])
    seat, friend, person = Enrollment.objects.get(), create_learner(), create_person()

    def take():
        try:
            return Enrollment.objects.get(pk=seat.pk).claim(friend)
        except InvalidTransition:
            return False

    taken, claim = together(take, lambda: claim_order(order.pk, person))

    assert seats() == [("active", friend.email if taken else ADA)]
    assert own() == [not taken]
    assert claim.order == order


# The cart of somebody who signs in


def test_owned_courses_leave_the_cart_at_sign_in_with_a_word(browser, course):
    person = create_person()
    enroll(person, course=course)
    other = create_course()
    browser.add(course, other)

    sign_in_by_code(browser.client)

    assert [item.course for item in Cart.objects.of_owner(person).items.all()] == [other]
    page = text_of(browser.client.get("/cart/"))
    assert f"“{course.title}” was taken out of your cart: it is yours already." in page


def test_what_was_bought_as_guest_leaves_the_cart_at_sign_in(browser, course):
    browser.buy(course)
    browser.add(course)

    sign_in_by_code(browser.client)

    assert not Cart.objects.open().get().items.exists()


def test_sign_in_in_the_middle_of_a_checkout_leaves_one_order_to_pay(browser, course):
    """The visitor's live order goes with the cart, so that the next one takes its place."""
    browser.add(course)
    first = browser.check_out("other@example.com")["Location"]
    sign_in_by_code(browser.client)
    cart = Cart.objects.open().get()
    assert Order.objects.get().cart == cart

    second = browser.check_out()["Location"]

    assert first != second
    assert statuses() == (["expired", "pending"], ["expired", "open"])
    assert Order.objects.last().user.email == ADA


def test_sign_in_in_the_middle_of_a_checkout_and_paid_in_the_other_tab(browser, course):
    browser.add(course)
    browser.check_out()
    sign_in_by_code(browser.client)

    order = browser.pay()

    assert not Cart.objects.open().get().items.exists()
    assert "Start lesson 1" in text_of(browser.look(order))
    assert seats() == [("active", ADA)]


def test_sign_in_in_the_middle_of_two_checkouts_ends_the_visitors(browser, course):
    person = create_person()
    own = Cart.objects.of_owner(person)
    own.put(create_course())
    place_order(own, user=person, email=ADA, token=uuid4())
    browser.add(course)
    browser.check_out()
    sign_in_by_code(browser.client)

    _do_jobs("checkout.merging.end_order")

    assert statuses() == (["pending", "expired"], ["creating", "expired"])


def _do_jobs(name):
    for job in ProcrastinateJob.objects.filter(task_name=name):
        end_order(**job.args)


def test_cart_that_was_merged_meanwhile_is_not_ordered(browser, course):
    browser.add(course)
    cart = Cart.objects.get()
    sign_in_by_code(browser.client)

    with pytest.raises(CartNeedsAttention, match="has changed"):
        place_order(cart, user=None, email=ADA, token=uuid4())
    assert not Payment.objects.exists()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("time", range(3))
def test_sign_in_at_the_moment_of_settling_empties_the_cart_that_is_there(
    memory_gateway, course, time
):
    browser = Browser(memory_gateway)
    browser.add(course)
    browser.check_out()
    payment, person = Payment.objects.get(), create_person()
    visitor = Cart.objects.get(pk=browser.client.session[SESSION_KEY])

    together(
        lambda: settle(payment.pk, snapshot_of(payment)), lambda: sign_in_with(visitor, person)
    )

    assert not Cart.objects.of_owner(person).items.exists()


# What the shelf says


def test_shelf_of_a_guest_asks_kindly_to_save(browser, course):
    order = browser.buy(course)
    browser.look(order)

    page = text_of(browser.client.get("/library/"))

    assert course.title in page
    assert "Save them to an account, so that you find them again." in page
    assert f'href="{order.get_absolute_url()}"' in page


def test_shelf_names_what_was_bought_here_to_who_signs_in_with_another_address(browser, course):
    """Not theirs by itself: browsers are shared."""
    order = browser.buy(course)
    browser.look(order)
    sign_in_by_code(browser.client, "somebody@example.com")
    assert seats() == [("unclaimed", None)]

    page = text_of(browser.client.get("/library/"))

    assert "Bought in this browser without an account" in page
    assert f'href="{order.get_absolute_url()}"' in page
    assert browser.client.get(f"/library/{course.slug}/").status_code == 303
    claim(browser.client, order)
    assert browser.client.get(f"/library/{course.slug}/").status_code == 200
    assert "Bought in this browser" not in text_of(browser.client.get("/library/"))


def test_claim_is_told_of_once(browser, course):
    order = browser.buy(course)
    _, client = person_at_browser()
    said = f"Order {order.number} is in your account now."

    claim(client, order)
    first = text_of(client.get(order.get_absolute_url()))
    claim(client, order)

    assert said in first
    assert said not in text_of(client.get(order.get_absolute_url()))
