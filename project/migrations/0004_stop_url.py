"""Where mail of a kind is stopped."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("project", "0003_tally"),
    ]

    operations = [
        migrations.AddField(
            model_name="outboundmail",
            name="stop_url",
            field=models.CharField(blank=True, db_default="", default="", max_length=500),
        ),
    ]
