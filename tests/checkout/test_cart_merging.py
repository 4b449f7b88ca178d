"""A visitor's cart comes along when they sign in: once, theirs only, and never in the way."""

from concurrent.futures import ThreadPoolExecutor, wait
from threading import Barrier

import pytest
from django.contrib.auth import user_logged_in
from django.db import OperationalError, connection
from django.http import HttpRequest
from django.test import Client

from checkout.carts import SESSION_KEY
from checkout.models import Cart
from tests.checkout.test_cart import add, sign_in
from tests.factories import create_course, create_learner

pytestmark = pytest.mark.django_db


def sign_in_with(cart, user):
    """Sign in a browser whose session names the cart; return what is left in its session."""
    request = HttpRequest()
    request.session = {SESSION_KEY: cart.pk}
    user_logged_in.send(sender=type(user), request=request, user=user)
    return request.session


def contents_of(cart):
    return {item.course: item.seats for item in cart.items.all()}


@pytest.mark.django_db(transaction=True)
def test_two_sign_ins_at_once_merge_one_cart_once(course):
    """Two tabs of one browser, each with the same cart in its session."""
    user, visitor, starting_line = create_learner(), Cart.objects.create(), Barrier(4)
    own = Cart.objects.of_owner(user)
    visitor.put(course, seats=2)
    own.put(course, seats=3)

    def press(_):
        try:
            starting_line.wait()
            return sign_in_with(visitor, user)
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        left = list(pool.map(press, range(4)))

    assert left == [{}] * 4
    assert contents_of(own) == {course: 3}
    visitor.refresh_from_db()
    assert visitor.merged_at is not None


@pytest.mark.django_db(transaction=True)
def test_course_put_in_while_the_cart_is_merged_stops_neither(course):
    """The same course, an instant before the merge puts it in: it comes after, and both succeed."""
    user, visitor = create_learner(), Cart.objects.create()
    own = Cart.objects.of_owner(user)
    visitor.put(course)
    putting = []

    def put():
        try:
            return own.put(course)
        finally:
            connection.close()

    def put_first(execute, sql, params, many, context):
        if sql.startswith('INSERT INTO "checkout_cartitem"') and not putting:
            putting.append(pool.submit(put))
            wait(putting, timeout=0.5)
        return execute(sql, params, many, context)

    with ThreadPoolExecutor(1) as pool, connection.execute_wrapper(put_first):
        left = sign_in_with(visitor, user)

    assert (left, putting[0].result()) == ({}, False)  # it was there already
    assert contents_of(own) == {course: 1}


def test_cart_that_was_merged_before_does_not_come_back(course):
    """A second tab signs in after what it brought was taken out again."""
    user, visitor = create_learner(), Cart.objects.create()
    own = Cart.objects.of_owner(user)
    visitor.put(course)
    sign_in_with(visitor, user)
    own.set_seats(course, 0)

    sign_in_with(visitor, user)

    assert contents_of(own) == {}


def test_cart_of_somebody_else_is_not_merged(course):
    theirs, user = Cart.objects.of_owner(create_learner()), create_learner()
    theirs.put(course)

    sign_in_with(theirs, user)

    theirs.refresh_from_db()
    assert theirs.merged_at is None
    assert contents_of(theirs) == {course: 1}
    assert contents_of(Cart.objects.of_owner(user)) == {}


def test_merge_that_fails_breaks_no_signing_in_and_can_be_made_up_for(course, caplog):
    visitor, user = Client(), create_learner()
    add(visitor, course)
    own = Cart.objects.of_owner(user)
    own.put(create_course())

    def refuse(execute, sql, params, many, context):
        if sql.startswith("UPDATE") and "merged_at" in sql:
            raise OperationalError("canceling statement due to lock timeout")
        return execute(sql, params, many, context)

    with connection.execute_wrapper(refuse):
        sign_in(visitor, user)

    assert visitor.get("/library/").status_code == 200
    assert "was not merged" in caplog.text
    assert own.items.count() == 1

    sign_in(visitor, user)
    assert own.items.count() == 2


def test_cart_that_is_gone_breaks_no_signing_in():
    cart = Cart.objects.create()
    pk = cart.pk
    cart.delete()
    cart.pk = pk

    assert sign_in_with(cart, create_learner()) == {}
