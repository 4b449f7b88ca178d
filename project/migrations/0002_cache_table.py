"""The table of the database cache, which the limits on sign-in attempts live in."""

from django.core.management import call_command
from django.db import migrations


def create_cache_table(apps, schema_editor):
    """Create it where the database cache is used; it is left alone if it is there."""
    call_command("createcachetable", database=schema_editor.connection.alias, verbosity=0)


class Migration(migrations.Migration):
    dependencies = [("project", "0001_outbound_mail")]

    operations = [migrations.RunPython(create_cache_table, migrations.RunPython.noop)]
