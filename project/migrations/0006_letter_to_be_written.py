"""Messages that the worker writes as well: which letter, and what about."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("project", "0005_retention"),
    ]

    operations = [
        migrations.AddField(
            model_name="outboundmail",
            name="about_id",
            field=models.BigIntegerField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="outboundmail",
            name="letter",
            field=models.CharField(blank=True, db_default="", default="", max_length=40),
        ),
        migrations.AddConstraint(
            model_name="outboundmail",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("sent_at__isnull", False),
                    models.Q(("text", ""), _negated=True),
                    models.Q(models.Q(("letter", ""), _negated=True), ("about_id__isnull", False)),
                    _connector="OR",
                ),
                name="outbound_mail_is_written_or_will_be",
            ),
        ),
    ]
