import uuid

import django.contrib.postgres.indexes
import django.contrib.postgres.search
import django.db.models.functions.text
from django.db import migrations, models

import catalog.models.findable


class Migration(migrations.Migration):
    dependencies = [
        ("catalog", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="Assortment",
            fields=[
                (
                    "id",
                    models.PositiveSmallIntegerField(default=1, primary_key=True, serialize=False),
                ),
                (
                    "version",
                    models.UUIDField(
                        default=uuid.uuid4,
                        help_text="Another with every change, also of the words.",
                    ),
                ),
                (
                    "topics",
                    models.JSONField(
                        default=list, help_text="Of published courses: id, slug, name."
                    ),
                ),
                (
                    "languages",
                    models.JSONField(default=list, help_text="Codes, the commonest first."),
                ),
            ],
        ),
        migrations.CreateModel(
            name="SearchWord",
            fields=[
                ("word", models.CharField(max_length=30, primary_key=True, serialize=False)),
                (
                    "courses",
                    models.PositiveIntegerField(help_text="How many published courses use it."),
                ),
            ],
        ),
        migrations.AddField(
            model_name="course",
            name="search",
            field=catalog.models.findable.KeptVectorField(blank=True, editable=False, null=True),
        ),
        migrations.AddField(
            model_name="course",
            name="topic_pks",
            field=catalog.models.findable.KeptArrayField(
                base_field=models.BigIntegerField(), blank=True, editable=False, null=True
            ),
        ),
        migrations.AddField(
            model_name="course",
            name="words",
            field=catalog.models.findable.KeptArrayField(
                base_field=models.TextField(), blank=True, editable=False, null=True
            ),
        ),
        migrations.AddIndex(
            model_name="course",
            index=models.Index(
                models.F("price_minor"),
                models.F("id"),
                condition=models.Q(("status", "published")),
                name="course_published_price",
            ),
        ),
        migrations.AddIndex(
            model_name="course",
            index=models.Index(
                django.db.models.functions.text.Lower("title"),
                models.F("id"),
                condition=models.Q(("status", "published")),
                name="course_published_title",
            ),
        ),
        migrations.AddIndex(
            model_name="course",
            index=models.Index(
                models.F("level"),
                models.OrderBy(models.F("published_at"), descending=True, nulls_last=True),
                models.OrderBy(models.F("id"), descending=True),
                condition=models.Q(("status", "published")),
                name="course_published_level",
            ),
        ),
        migrations.AddIndex(
            model_name="course",
            index=models.Index(
                models.F("language"),
                models.OrderBy(models.F("published_at"), descending=True, nulls_last=True),
                models.OrderBy(models.F("id"), descending=True),
                condition=models.Q(("status", "published")),
                name="course_published_language",
            ),
        ),
        migrations.AddIndex(
            model_name="course",
            index=django.contrib.postgres.indexes.GinIndex(
                models.F("topic_pks"),
                condition=models.Q(("status", "published")),
                name="course_published_topics",
            ),
        ),
        migrations.AddIndex(
            model_name="course",
            index=django.contrib.postgres.indexes.GinIndex(
                models.F("search"),
                condition=models.Q(("status", "published")),
                name="course_published_search",
            ),
        ),
        migrations.AddIndex(
            model_name="course",
            index=django.contrib.postgres.indexes.GinIndex(
                django.contrib.postgres.search.SearchVector("title", config="simple"),
                condition=models.Q(("status", "published")),
                name="course_published_in_title",
            ),
        ),
        migrations.AddConstraint(
            model_name="assortment",
            constraint=models.CheckConstraint(
                condition=models.Q(("id", 1)), name="assortment_is_one_row"
            ),
        ),
    ]
