"""What a course costs, for an index: sales come and go, and an index cannot ask the time."""

from django.db import migrations, models


def fill(apps, schema_editor):
    courses = apps.get_model("catalog", "Course").objects
    courses.update(sorting_minor=models.F("price_minor"))


class Migration(migrations.Migration):
    dependencies = [
        ("catalog", "0009_bundles"),
    ]

    operations = [
        migrations.RemoveIndex(
            model_name="course",
            name="course_published_price",
        ),
        migrations.AddField(
            model_name="course",
            name="sorting_minor",
            field=models.PositiveIntegerField(
                default=0,
                editable=False,
                help_text="What it costs, for an index: kept when saved, and as sales come and go.",
            ),
        ),
        migrations.RunPython(fill, migrations.RunPython.noop),
        migrations.AddIndex(
            model_name="course",
            index=models.Index(
                models.F("sorting_minor"),
                models.F("id"),
                condition=models.Q(("status", "published")),
                name="course_published_price",
            ),
        ),
    ]
