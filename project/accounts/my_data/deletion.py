"""Deletes a person and keeps the books: what was sold stays, to nobody."""

import logging
from uuid import uuid4

from django.conf import settings
from django.db import transaction
from django.db.models import CASCADE
from django.template.loader import render_to_string
from django.utils.translation import gettext as _

from project.accounts.models import User
from project.accounts.my_data.parts import parts
from project.mail import send_later
from project.models import OutboundMail

logger = logging.getLogger(__name__)

NOWHERE = "deleted.invalid"  # RFC 2606: a name that never leads anywhere


class CannotDelete(Exception):
    """The account cannot be deleted yet. The message says why, in words for the person."""


def objections_to(user: User) -> list[str]:
    """Return why the account cannot be deleted yet."""
    if user.is_staff:
        return [_("You work here. Another owner has to take your powers first.")]
    return [why for part in parts() if (why := part.objection(user))]


@transaction.atomic
def delete_account(user: User) -> None:
    """Forget who the person is, everywhere; signs them out wherever they are signed in.

    What they did is kept as far as the books need it. The change of the password, which nobody
    knows, ends every session. Raise ``CannotDelete``.
    """
    locked = User.objects.select_for_update().get(pk=user.pk)
    if objections := objections_to(locked):
        raise CannotDelete(" ".join(objections))
    address = locked.email
    _say_goodbye(address)
    locked.email = f"{uuid4().hex}@{NOWHERE}"
    locked.name = ""
    locked.is_active = False
    locked.set_unusable_password()
    locked.save()
    locked.groups.clear()
    locked.user_permissions.clear()
    for part in parts():
        part.forget(locked)
    _delete_what_is_theirs(locked)
    OutboundMail.objects.filter(to=address).exclude(sent_at=None).update(to="")
    logger.info("person %s was deleted", locked.pk)


def _delete_what_is_theirs(user: User) -> None:
    """Delete the rows that would go with the person: addresses, sessions, passkeys, progress."""
    for relation in User._meta.related_objects:
        if relation.on_delete is CASCADE:
            rows = relation.related_model._base_manager.filter(**{relation.field.name: user})
            rows.delete()


def _say_goodbye(address: str) -> None:
    context = {"shop": settings.SHOP_NAME}
    send_later(
        to=address,
        subject=_("Your account is deleted"),
        text=render_to_string("accounts/my_data/deleted.txt", context),
    )
