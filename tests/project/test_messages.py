"""What pages tell once."""

import pytest
from django.contrib import messages
from django.contrib.messages.storage.cookie import CookieStorage
from django.contrib.messages.storage.session import SessionStorage
from django.http import HttpResponse

from project.accounts.sessions import SessionStore
from project.messages import Storage

pytestmark = pytest.mark.django_db


@pytest.fixture
def visit(rf):
    """Return a function that makes a request of one visitor, with what the last answer set."""
    session, jar = SessionStore(), {}

    def make(answer=None):
        for name, cookie in (answer.cookies if answer else {}).items():
            jar.pop(name, None)
            if cookie.value:
                jar[name] = cookie.value
        request = rf.get("/")
        request.COOKIES, request.session = dict(jar), session
        request._messages = Storage(request)
        return request

    return make


def answer_to(request):
    """Return an answer that brings along what the request's page could not tell."""
    answer = HttpResponse()
    assert not request._messages.update(answer)
    return answer


def told(request):
    return [str(message) for message in messages.get_messages(request)]


def test_page_after_the_next_does_not_tell_it_again(visit):
    first = visit()
    messages.success(first, "It is in your cart.")

    second = visit(answer_to(first))

    assert told(second) == ["It is in your cart."]
    assert told(visit(answer_to(second))) == []


@pytest.mark.parametrize("length", [10, 900])
def test_what_a_cookie_cannot_hold_is_told_all_the_same(visit, length):
    said = [f"{number}".ljust(length, "-") for number in range(5)]
    first = visit()
    for each in said:
        messages.info(first, each)

    second = visit(answer_to(first))

    assert told(second) == said
    last = visit(answer_to(second))
    assert told(last) == []
    assert not last.session.get(SessionStorage.session_key)


def test_nothing_is_made_ready_for_whom_there_is_nothing(visit):
    request = visit()

    assert told(request) == []
    assert not answer_to(request).cookies
    assert "storages" not in vars(request._messages)


def test_cookie_that_somebody_made_up_tells_nothing(visit):
    forged = HttpResponse()
    forged.set_cookie(CookieStorage.cookie_name, "made up")

    assert told(visit(forged)) == []
