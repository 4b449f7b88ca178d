"""Keeps sessions in the database, as Django does; finds one with a query that is written once."""

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
