"""The sandbox's own time, which can differ from the shop's."""

import time

import pytest

from checkout.sandbox import jobs, sessions, webhooks
from checkout.sandbox.errors import ApiError
from tests.sandbox.asking import create_session, session_params

pytestmark = pytest.mark.django_db


def test_a_shifted_clock_judges_when_sessions_end(shop):
    session = create_session()
    soon = int(time.time()) + 1900
    webhooks.shift_clock(600)

    with pytest.raises(ApiError, match="at least 30 minutes"):
        create_session(expires_at=soon)
    webhooks.shift_clock(25 * 60 * 60)
    assert sessions.find(session.pk).status == "expired"
    webhooks.shift_clock(-600)
    assert sessions.create(session_params(expires_at=soon)).is_open
    with pytest.raises(ApiError, match="less than 24 hours"):
        create_session(expires_at=int(time.time()) + 24 * 60 * 60 - 60)


def test_the_clock_expires_sessions_by_the_shifted_time(shop):
    session = create_session()
    webhooks.shift_clock(25 * 60 * 60)

    jobs.expire_overdue_sessions()

    session.refresh_from_db()
    assert session.status == "expired"
