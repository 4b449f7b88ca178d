"""A person's data in one archive: JSON for programs, and pages that are read offline."""

import json
from datetime import timedelta
from io import BytesIO
from zipfile import ZIP_DEFLATED, ZipFile

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from project.accounts.models import DataExport, User
from project.accounts.my_data.parts import parts
from project.jobs import PATIENTLY, job
from project.mail import send_later

KEPT = timedelta(days=7)


def request_export(user: User) -> DataExport:
    """Have the archive made anew; it is mailed about when it is there. The last one is dropped."""
    export, _created = DataExport.objects.update_or_create(
        user=user, defaults={"requested_at": timezone.now(), "ready_at": None, "archive": None}
    )
    make_export.later(export.pk)
    return export


@job(queue="exports", retry=PATIENTLY)
def make_export(export_id: int) -> None:
    """Make the archive, and tell the person. Done twice, it says so once."""
    export = DataExport.objects.select_related("user").filter(pk=export_id, ready_at=None).first()
    if export is None or not export.user.is_active:
        return
    export.archive = build_archive(export.user)
    export.ready_at = timezone.now()
    export.save(update_fields=["archive", "ready_at"])
    page = f"{settings.SITE_URL}{reverse('accounts:my_data')}"
    context = {"page": page, "days": KEPT.days, "shop": settings.SHOP_NAME}
    send_later(
        key=f"export:{export.pk}:{export.requested_at.timestamp():.0f}",
        to=export.user.email,
        subject=_("Your data is ready"),
        text=render_to_string("accounts/my_data/ready.txt", context),
    )


def build_archive(user: User) -> bytes:
    """Return the zip: ``data.json``, ``index.html``, and what the parts add."""
    collected = [(part, part.collect(user)) for part in parts()]
    archive = BytesIO()
    with ZipFile(archive, "w", ZIP_DEFLATED) as folder:
        facts = {part.name: found for part, found in collected}
        folder.writestr("data.json", json.dumps(facts, cls=DjangoJSONEncoder, indent=2))
        sections = [
            {"title": part.title, "template": part.template, "facts": found}
            for part, found in collected
        ]
        context = {"sections": sections, "person": user, "shop": settings.SHOP_NAME}
        folder.writestr("index.html", render_to_string("accounts/my_data/index.html", context))
        for part, _found in collected:
            for name, text in part.files(user).items():
                folder.writestr(name, text)
    return archive.getvalue()
