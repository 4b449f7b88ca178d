"""Begin the price history with what is for sale today."""

from django.db import migrations
from django.utils import timezone


def begin(apps, schema_editor):
    PricePoint = apps.get_model("catalog", "PricePoint")
    now = timezone.now()
    courses = apps.get_model("catalog", "Course").objects
    for_sale = courses.filter(status__in=["published", "unlisted"]).values_list("pk", "price_minor")
    PricePoint.objects.bulk_create(
        PricePoint(course_id=pk, since=now, price_minor=price) for pk, price in for_sale.iterator()
    )


class Migration(migrations.Migration):
    dependencies = [("catalog", "0007_price_history")]

    operations = [
        migrations.RunPython(begin, migrations.RunPython.noop),
    ]
