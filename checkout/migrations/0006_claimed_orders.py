"""An order that was placed without an account says when one took it, and is found by its address."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("checkout", "0005_order_language")]

    operations = [
        migrations.AddField(
            model_name="order",
            name="claimed_at",
            field=models.DateTimeField(
                blank=True,
                help_text="When an account took what was bought without one.",
                null=True,
            ),
        ),
        migrations.AddIndex(
            model_name="order",
            index=models.Index(fields=["email"], name="order_email"),
        ),
    ]
