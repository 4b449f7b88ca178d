"""Sessions, as they are kept."""

import json

import pytest
from django.contrib.sessions.backends.db import SessionStore as DjangosSessionStore
from django.contrib.sessions.models import Session

from project.accounts.sessions import SessionStore

pytestmark = pytest.mark.django_db

KNOWN = {"cart": 3, "seats": [1, 2], "name": "Žofia"}


def test_session_says_what_it_was_told():
    session = SessionStore()
    session.update(KNOWN)
    session.save()

    assert dict(SessionStore(session.session_key).items()) == KNOWN
    assert json.loads(Session.objects.get().session_data) == KNOWN


def test_session_that_django_signed_goes_on():
    signed = DjangosSessionStore()
    signed.update(KNOWN)
    signed.save()

    assert dict(SessionStore(signed.session_key).items()) == KNOWN


@pytest.mark.parametrize("data", ["", "{", "no:session", "\\", "5", "null"])
def test_session_that_nobody_can_read_knows_nothing(data):
    session = SessionStore()
    session.update(KNOWN)
    session.save()
    Session.objects.update(session_data=data)

    assert dict(SessionStore(session.session_key).items()) == {}
