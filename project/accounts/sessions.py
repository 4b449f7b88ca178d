"""Keeps sessions in the database, as Django does; finds one with a query that is written once.

What a session knows stands there as it is, without Django's signature: to check it took as long as
to find the row. It would keep out nobody else. Who can write to this table can write to those of
enrollments and staff as well, and who a session says is signed in is signed of its own.
"""

import json
from typing import Any

from django.contrib.sessions.backends import db
from django.contrib.sessions.models import Session
from django.utils import timezone

from project.prepared import Given, Prepared

_sessions = Prepared(
    lambda: Session.objects.filter(session_key=Given("key"), expire_date__gt=Given("now"))
)


class SessionStore(db.SessionStore):
    """A session, asked for with each request of somebody who has one."""

    def _get_session_from_db(self) -> Session | None:
        """Return the session's row; forget the name of one that is not there, or is over."""
        row = _sessions.first(key=self.session_key, now=timezone.now())
        if row is None:
            self._session_key = None
        return row

    def encode(self, session_dict: dict[str, Any]) -> str:
        """Return what is kept of a session."""
        return json.dumps(session_dict, separators=(",", ":"))

    def decode(self, session_data: str | bytes) -> dict[str, Any]:
        """Read what was kept. Sessions from before 2026-11-27 are signed; garbage is nothing."""
        try:
            decoded = json.loads(session_data)
        except ValueError:
            decoded = super().decode(session_data)
        return decoded if isinstance(decoded, dict) else {}
