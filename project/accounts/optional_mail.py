"""Mail that people may do without: its kinds, who wants which, and the way out in each message."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.core import signing
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from project.accounts.models import MailChoice, User
from project.mail import send_later

SALT = "project.accounts.optional_mail"


class UnknownLink(Exception):
    """The link to stop mail is not one of ours, or leads to somebody who is gone."""


@dataclass(frozen=True, kw_only=True)
class Kind:
    """A kind of mail; ``is_wanted`` says whether those get it who have not chosen."""

    name: str
    title: str
    about: str
    is_wanted: bool = True


COURSE_UPDATES = Kind(
    name="course_updates",
    title=_("Course updates"),  # type: ignore[arg-type]  # lazy
    about=_("What is new in courses that you have."),  # type: ignore[arg-type]
)
ANSWERS = Kind(
    name="answers",
    title=_("Answers to your questions"),  # type: ignore[arg-type]  # lazy
    about=_("When the shop has answered what you asked about a lesson."),  # type: ignore[arg-type]
)
KINDS = {kind.name: kind for kind in (COURSE_UPDATES, ANSWERS)}


def choices_of(user: User) -> list[tuple[Kind, bool]]:
    """Return every kind, and whether the person wants it, in one query."""
    chosen = dict(MailChoice.objects.filter(user=user).values_list("kind", "is_wanted"))
    return [(kind, chosen.get(kind.name, kind.is_wanted)) for kind in KINDS.values()]


def wants(user: User, kind: Kind) -> bool:
    """Return whether the person wants this kind of mail, and can be written to at all."""
    return user.is_active and dict(choices_of(user))[kind]


def choose(user: User, kind: Kind, *, is_wanted: bool) -> None:
    """Note whether the person wants this kind of mail."""
    MailChoice.objects.update_or_create(
        user=user, kind=kind.name, defaults={"is_wanted": is_wanted}
    )


def send_if_wanted(
    user: User, kind: Kind, *, subject: str, template: str, context: Mapping[str, Any], key: str
) -> bool:
    """Queue ``template`` (without its ending: there is a .txt and a .html) unless it is declined.

    Return whether a message was queued; with the same ``key`` that happens once. To be called
    while ``speaking`` the person's language, in which the subject is.
    """
    if not wants(user, kind):
        return False
    stop_url = settings.SITE_URL + stop_path(user, kind)
    words = {**context, "kind": kind, "stop_url": stop_url, "shop": settings.SHOP_NAME}
    return send_later(
        key=key,
        to=user.email,
        subject=subject,
        text=render_to_string(f"{template}.txt", words),
        html=render_to_string(f"{template}.html", words),
        stop_url=stop_url,
    )


def stop_path(user: User, kind: Kind) -> str:
    """Return the address at which this person's mail of this kind is stopped, without signing in.

    It holds good for ever: an old message is as good a place as any to have enough.
    """
    token = signing.dumps([user.pk, kind.name], salt=SALT)
    return reverse("accounts:mail_stop", args=[token])


def read_stop_token(token: str) -> tuple[User, Kind]:
    """Return whose mail of which kind a link is about. Raise ``UnknownLink``."""
    try:
        pk, name = signing.loads(token, salt=SALT)
        return User.objects.get(pk=pk, is_active=True), KINDS[name]
    except (signing.BadSignature, User.DoesNotExist, KeyError) as error:
        raise UnknownLink from error
