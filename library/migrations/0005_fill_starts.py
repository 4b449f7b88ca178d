"""Seats that were there before count from when their learners got them."""

from django.db import migrations
from django.db.models import F
from django.db.models.functions import Coalesce


def fill(apps, schema_editor):
    """Count from the day of the seat; nobody's access ends because of it."""
    seats = apps.get_model("library", "Enrollment")._base_manager.all()
    seats.update(starts_at=Coalesce(F("claimed_at"), F("created_at")))


class Migration(migrations.Migration):
    dependencies = [("library", "0004_access_periods")]

    operations = [migrations.RunPython(fill, migrations.RunPython.noop, elidable=True)]
