"""Remember in which language an order was placed, for mails that are written later."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("checkout", "0004_bundles"),
    ]

    operations = [
        migrations.AddField(
            model_name="order",
            name="language",
            field=models.CharField(
                blank=True,
                db_default="",
                default="",
                help_text="In which it was placed; mails are written in it.",
                max_length=8,
            ),
        ),
    ]
