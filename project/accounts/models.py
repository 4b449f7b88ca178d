"""A person: someone who signs in with an e-mail address; and the browsers they do it with."""

import hashlib
from datetime import datetime
from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone

# What may hang on an account before anybody has proven its address.
UNPROVEN = {"account.EmailAddress", "socialaccount.SocialAccount"}


class UserManager(BaseUserManager["User"]):
    """Makes people. Addresses are kept in lower case, as allauth keeps them."""

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "User":
        """Create a person who signs in as ``email``. Raise ``ValueError`` without an address."""
        if not email:
            raise ValueError("A person needs an e-mail address.")
        user = self.model(email=email.lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> "User":
        """Create somebody who may do everything in the admin."""
        return self.create_user(email, password, is_staff=True, is_superuser=True, **fields)

    def get_by_natural_key(self, username: str | None) -> "User":
        """Find a person by e-mail address in any case."""
        return self.get(email=(username or "").lower())

    def never_confirmed(self, *, before: datetime) -> "models.QuerySet[User]":
        """Return accounts that were begun before ``before`` with an address nobody confirmed.

        Only those to which nothing is attached: whom staff gave a course is expected to come.
        """
        attached = [
            relation.name
            for relation in self.model._meta.related_objects
            if relation.related_model._meta.label not in UNPROVEN
        ]
        return (
            self.filter(date_joined__lt=before, last_login=None, is_staff=False)
            .filter(**{f"{name}__isnull": True for name in attached})
            .exclude(emailaddress__verified=True)
        )


class User(AbstractBaseUser, PermissionsMixin):
    """Someone with an account; the e-mail address is the login."""

    email = models.EmailField("e-mail address", max_length=254, unique=True)
    name = models.CharField(max_length=150, blank=True)
    is_staff = models.BooleanField("staff", default=False, help_text="May open the admin.")
    is_active = models.BooleanField("active", default=True, help_text="May sign in.")
    date_joined = models.DateTimeField("joined", default=timezone.now)

    objects: ClassVar[UserManager] = UserManager()

    EMAIL_FIELD = "email"
    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta:
        verbose_name = "person"
        verbose_name_plural = "people"
        constraints = [
            models.CheckConstraint(
                condition=models.Q(email=Lower("email")),
                name="user_email_is_lower_case",
            )
        ]

    def __str__(self) -> str:
        return self.name or self.email

    def clean(self) -> None:
        """Keep the address in lower case, as the database demands."""
        super().clean()
        self.email = self.email.lower()

    def get_full_name(self) -> str:
        """Return the name, or an empty text."""
        return self.name

    def get_short_name(self) -> str:
        """Return what to call the person: the name, else the part of the address before the @."""
        return self.name or self.email.partition("@")[0]


class KnownBrowserQuerySet(models.QuerySet["KnownBrowser"]):
    """Browsers, as they are asked for."""

    def note(self, user: User, token: str) -> bool:
        """Note that ``user`` signed in with a browser now. Return whether it is new to them."""
        digest = hashlib.sha256(f"{user.pk}:{token}".encode()).hexdigest()
        _, is_new = self.update_or_create(
            user=user, digest=digest, defaults={"last_seen_at": timezone.now()}
        )
        return is_new

    def unseen(self, *, since: datetime) -> "KnownBrowserQuerySet":
        """Return those with which nobody has signed in ``since`` then."""
        return self.filter(last_seen_at__lt=since)


class KnownBrowser(models.Model):
    """A browser that somebody has signed in with; it holds the token of which this is the hash."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="known_browsers")
    digest = models.CharField(max_length=64)
    created_at = models.DateTimeField(default=timezone.now)
    last_seen_at = models.DateTimeField(default=timezone.now)

    objects = KnownBrowserQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "digest"], name="one_row_per_known_browser")
        ]

    def __str__(self) -> str:
        return f"A browser of {self.user}"
