"""Mail that people may do without: choosing it, and stopping it from a message."""

from urllib.parse import urlsplit

import pytest
from django.core import mail as outbox
from django.test import Client

from project.accounts.models import MailChoice
from project.accounts.my_data.account_part import collect_mail
from project.accounts.optional_mail import ANSWERS, COURSE_UPDATES, send_if_wanted, stop_path
from project.mail import deliver
from project.models import OutboundMail
from tests.factories import create_learner

pytestmark = pytest.mark.django_db

PAGE = "/account/mail/"


@pytest.fixture
def ada():
    return create_learner(email="ada@example.com")


def wanted(user):
    return {fact["kind"]: fact["is_wanted"] for fact in collect_mail(user)}


def write(user, kind=COURSE_UPDATES):
    return send_if_wanted(
        user, kind, subject="News", template="accounts/mail/_stop", context={}, key="news:1"
    )


def test_kinds_are_on_until_they_are_stopped_and_can_be_had_again(client, ada):
    client.force_login(ada)
    assert wanted(ada) == {"course_updates": True, "answers": True}

    for choice in ("0", "0", "1", "0"):
        response = client.post(PAGE, {"kind": "course_updates", "wanted": choice})
        assert (response.status_code, response["Location"]) == (303, PAGE)

    assert wanted(ada) == {"course_updates": False, "answers": True}
    assert wanted(create_learner()) == {"course_updates": True, "answers": True}


@pytest.mark.parametrize("form", [{}, {"kind": "receipts", "wanted": "0"}, {"kind": "answers"}])
def test_nothing_else_can_be_chosen(client, ada, form):
    client.force_login(ada)

    assert client.post(PAGE, form).status_code == 422
    assert not MailChoice.objects.exists()


def test_message_bears_a_way_out_that_mail_programs_know(ada):
    assert write(ada) is True
    deliver(OutboundMail.objects.get().pk)

    [message] = outbox.outbox
    way_out = message.extra_headers["List-Unsubscribe"].strip("<>")
    assert "Send me no more of these" in Client().get(urlsplit(way_out).path).content.decode()
    assert message.extra_headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert way_out in message.body
    assert way_out in message.alternatives[0].content
    assert OutboundMail.objects.get().stop_url == ""


def test_message_is_dropped_for_whom_it_is_stopped(ada):
    path = stop_path(ada, COURSE_UPDATES)
    stranger = Client(enforce_csrf_checks=True)

    assert "Send me no more of these" in stranger.get(path).content.decode()
    assert wanted(ada)["course_updates"] is True
    said = stranger.post(path, {"List-Unsubscribe": "One-Click"})

    assert said.status_code == 200
    assert wanted(ada) == {"course_updates": False, "answers": True}
    assert write(ada) is False
    assert not OutboundMail.objects.exists()
    assert write(ada, ANSWERS) is True


def test_nobody_stops_the_mail_of_others(client, ada):
    path = stop_path(ada, COURSE_UPDATES)
    forged = path[:-2] + ("A" if path[-2] != "A" else "B") + "/"
    assert client.post(forged).status_code == 404

    ada.is_active = False
    ada.save()
    assert client.post(path).status_code == 404
    assert not MailChoice.objects.exists()
    assert write(ada) is False
