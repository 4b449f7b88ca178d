"""Note of the money received so far that it was of the order's currency: it was, or it was held."""

from django.db import migrations
from django.db.models import F


def fill(apps, schema_editor):
    payments = apps.get_model("checkout", "Payment").objects
    payments.filter(status="paid", received_currency="").update(received_currency=F("currency"))


class Migration(migrations.Migration):
    dependencies = [("checkout", "0002_refunds_and_disputes")]

    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
