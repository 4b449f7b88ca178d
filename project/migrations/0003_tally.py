"""How often somebody tried something: a table that a crash may empty, and so costs little."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("project", "0002_cache_table"),
    ]

    operations = [
        migrations.CreateModel(
            name="Tally",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("key", models.CharField(max_length=32)),
                ("ends_at", models.BigIntegerField()),
                ("hits", models.PositiveIntegerField()),
            ],
            options={
                "indexes": [models.Index(fields=["ends_at"], name="tally_ends_at")],
                "constraints": [
                    models.UniqueConstraint(fields=("key", "ends_at"), name="tally_once")
                ],
            },
        ),
        migrations.RunSQL(
            "ALTER TABLE project_tally SET UNLOGGED", "ALTER TABLE project_tally SET LOGGED"
        ),
    ]
