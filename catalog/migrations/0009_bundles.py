"""Sell several courses as one."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("catalog", "0008_begin_price_history")]

    operations = [
        migrations.CreateModel(
            name="Bundle",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("draft", "Draft"),
                            ("published", "Published"),
                            ("unlisted", "Unlisted"),
                            ("archived", "Archived"),
                        ],
                        default="draft",
                        max_length=16,
                    ),
                ),
                ("published_at", models.DateTimeField(blank=True, editable=False, null=True)),
                ("slug", models.SlugField(max_length=80, unique=True)),
                ("title", models.CharField(max_length=120)),
                (
                    "summary",
                    models.CharField(
                        help_text="One sentence that makes one want it.", max_length=200
                    ),
                ),
                ("description", models.TextField(blank=True, help_text="Markdown.")),
                ("description_html", models.TextField(blank=True, editable=False)),
                (
                    "price_minor",
                    models.PositiveIntegerField(
                        help_text="In the smallest unit of the shop's currency: 9900 for $99.",
                        verbose_name="price",
                    ),
                ),
                ("currency", models.CharField(editable=False, max_length=3)),
                (
                    "hue",
                    models.PositiveSmallIntegerField(
                        default=40, help_text="Its own color, 0 to 359."
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
            ],
        ),
        migrations.CreateModel(
            name="BundleEntry",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("position", models.PositiveSmallIntegerField(default=0)),
            ],
            options={
                "verbose_name": "course",
                "ordering": ["position", "pk"],
            },
        ),
        migrations.AddField(
            model_name="bundleentry",
            name="bundle",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="entries",
                to="catalog.bundle",
            ),
        ),
        migrations.AddField(
            model_name="bundleentry",
            name="course",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="catalog.course"
            ),
        ),
        migrations.AddField(
            model_name="bundle",
            name="courses",
            field=models.ManyToManyField(
                related_name="bundles", through="catalog.BundleEntry", to="catalog.course"
            ),
        ),
        migrations.AddConstraint(
            model_name="bundleentry",
            constraint=models.UniqueConstraint(
                fields=("bundle", "course"), name="bundle_course_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="bundle",
            constraint=models.CheckConstraint(
                condition=models.Q(("hue__lt", 360)), name="bundle_hue_is_an_angle"
            ),
        ),
    ]
