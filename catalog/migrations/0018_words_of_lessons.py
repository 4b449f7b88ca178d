"""What is written in lessons and said in their videos, to be found by words."""

import django.contrib.postgres.indexes
from django.db import migrations, models

import catalog.models.searching


class Migration(migrations.Migration):
    dependencies = [
        ("catalog", "0017_catalog_changes"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="caption",
            index=django.contrib.postgres.indexes.GinIndex(
                catalog.models.searching.CueWords(models.F("cues")), name="cue_words"
            ),
        ),
        migrations.AddIndex(
            model_name="lesson",
            index=django.contrib.postgres.indexes.GinIndex(
                catalog.models.searching.LessonWords(models.F("title"), models.F("body_html")),
                name="lesson_words",
            ),
        ),
    ]
