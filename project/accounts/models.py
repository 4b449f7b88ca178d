"""A person: someone who signs in with an e-mail address; and the browsers they do it with."""

import hashlib
from datetime import datetime
from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

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

    email = models.EmailField(_("e-mail address"), max_length=254, unique=True)
    name = models.CharField(max_length=150, blank=True)
    is_staff = models.BooleanField(_("staff"), default=False, help_text=_("May open the admin."))
    is_active = models.BooleanField(_("active"), default=True, help_text=_("May sign in."))
    date_joined = models.DateTimeField(_("joined"), default=timezone.now)
    language = models.CharField(
        max_length=8,
        blank=True,
        default="",
        db_default="",
        help_text=_("In which the person is written to."),
    )

    objects: ClassVar[UserManager] = UserManager()

    EMAIL_FIELD = "email"
    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta:
        verbose_name = _("person")
        verbose_name_plural = _("people")
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

    def speak(self, language: str) -> None:
        """Remember the person's language, by its code: they are written to in it."""
        User.objects.filter(pk=self.pk).update(language=language)
        self.language = language

    def get_full_name(self) -> str:
        """Return the name, or an empty text."""
        return self.name

    def get_short_name(self) -> str:
        """Return what to call the person: the name, else the part of the address before the @."""
        return self.name or self.email.partition("@")[0]


class DataExportQuerySet(models.QuerySet["DataExport"]):
    """Archives of people's data."""

    def of(self, user: User) -> "DataExportQuerySet":
        """The person's own: one at most."""
        return self.filter(user=user)

    def ready(self) -> "DataExportQuerySet":
        """Those that can be downloaded."""
        return self.exclude(ready_at=None)

    def without_archive(self) -> "DataExportQuerySet":
        """All about them but the archive itself, which may be large."""
        return self.defer("archive")

    def outdated(self, before: datetime) -> "DataExportQuerySet":
        """Those that were asked for before ``before``."""
        return self.filter(requested_at__lt=before)


class DataExport(models.Model):
    """What the shop knows of one person, to take along. It is made by a job and kept for days."""

    user = models.OneToOneField(User, on_delete=models.CASCADE, related_name="data_export")
    requested_at = models.DateTimeField()
    ready_at = models.DateTimeField(null=True, blank=True)
    archive = models.BinaryField(null=True, blank=True)

    objects = DataExportQuerySet.as_manager()

    def __str__(self) -> str:
        return f"Data of {self.user}"

    @property
    def is_ready(self) -> bool:
        """Whether it can be downloaded."""
        return self.ready_at is not None


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
        indexes = [models.Index(fields=["last_seen_at"], name="known_browser_last_seen")]

    def __str__(self) -> str:
        return f"A browser of {self.user}"


class MailChoice(models.Model):
    """Whether somebody wants a kind of mail. Without a row it is as the kind says."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="mail_choices")
    kind = models.CharField(max_length=32)
    is_wanted = models.BooleanField()
    chosen_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "kind"], name="one_choice_per_kind_of_mail")
        ]

    def __str__(self) -> str:
        return f"{self.kind} for {self.user}"
