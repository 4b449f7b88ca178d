"""What is new in courses, and up to which of it learners have looked."""

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("catalog", "0014_illustrations"),
        ("library", "0008_notes"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="CourseUpdate",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("title", models.CharField(max_length=120)),
                ("body", models.TextField(blank=True, help_text="Markdown.", max_length=20000)),
                ("body_html", models.TextField(blank=True, editable=False)),
                (
                    "published_at",
                    models.DateTimeField(
                        default=django.utils.timezone.now, help_text="Learners see it from then on."
                    ),
                ),
                ("mailed_at", models.DateTimeField(blank=True, editable=False, null=True)),
                (
                    "course",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="updates",
                        to="catalog.course",
                    ),
                ),
            ],
            options={
                "verbose_name": "course update",
                "verbose_name_plural": "course updates",
                "indexes": [
                    models.Index(fields=["course", "-published_at"], name="update_by_course")
                ],
            },
        ),
        migrations.CreateModel(
            name="UpdatesSeen",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("seen_at", models.DateTimeField()),
                (
                    "course",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="updates_seen",
                        to="catalog.course",
                    ),
                ),
                (
                    "learner",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="updates_seen",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("learner", "course"), name="updates_seen_once")
                ],
            },
        ),
    ]
