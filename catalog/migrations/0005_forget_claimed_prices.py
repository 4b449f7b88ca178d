"""Forget earlier prices that somebody typed: the price history finds them from now on."""

from django.db import migrations


def forget(apps, schema_editor):
    apps.get_model("catalog", "Course").objects.update(compare_at_minor=None)


class Migration(migrations.Migration):
    dependencies = [("catalog", "0004_pictures")]

    operations = [
        migrations.RunPython(forget, migrations.RunPython.noop),
    ]
