"""What courses are found by lies where a search comes by, and waits nowhere to be sorted in."""

import django.contrib.postgres.indexes
import django.contrib.postgres.search
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("catalog", "0019_search_question"),
    ]

    operations = [
        # In the row itself, unless that is longer than a page: a search ranks up to 1500 rows, and
        # to fetch each vector from elsewhere took it as long as all the rest.
        migrations.RunSQL(
            """
            ALTER TABLE catalog_course ALTER COLUMN search SET STORAGE MAIN;
            UPDATE catalog_course SET search = search || ''::tsvector WHERE search IS NOT NULL;
            """,
            "ALTER TABLE catalog_course ALTER COLUMN search SET STORAGE EXTENDED",
        ),
        migrations.RemoveIndex(
            model_name="course",
            name="course_published_topics",
        ),
        migrations.RemoveIndex(
            model_name="course",
            name="course_published_search",
        ),
        migrations.RemoveIndex(
            model_name="course",
            name="course_published_in_title",
        ),
        migrations.AddIndex(
            model_name="course",
            index=django.contrib.postgres.indexes.GinIndex(
                models.F("topic_pks"),
                condition=models.Q(("status", "published")),
                fastupdate=False,
                name="course_published_topics",
            ),
        ),
        migrations.AddIndex(
            model_name="course",
            index=django.contrib.postgres.indexes.GinIndex(
                models.F("search"),
                condition=models.Q(("status", "published")),
                fastupdate=False,
                name="course_published_search",
            ),
        ),
        migrations.AddIndex(
            model_name="course",
            index=django.contrib.postgres.indexes.GinIndex(
                django.contrib.postgres.search.SearchVector("title", config="simple"),
                condition=models.Q(("status", "published")),
                fastupdate=False,
                name="course_published_in_title",
            ),
        ),
    ]
