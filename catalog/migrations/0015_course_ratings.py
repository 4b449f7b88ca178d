"""The number and sum of the stars that a course is given, for its page and its card."""

import django.db.models.expressions
from django.db import migrations, models

import catalog.models.findable


class Migration(migrations.Migration):
    dependencies = [
        ("catalog", "0014_illustrations"),
    ]

    operations = [
        migrations.AddField(
            model_name="course",
            name="rating_count",
            field=catalog.models.findable.KeptCountField(
                db_default=0,
                default=0,
                editable=False,
                help_text="Of the reviews that are shown: whoever keeps those keeps both numbers.",
            ),
        ),
        migrations.AddField(
            model_name="course",
            name="rating_sum",
            field=catalog.models.findable.KeptCountField(db_default=0, default=0, editable=False),
        ),
        migrations.AddConstraint(
            model_name="course",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("rating_sum__gte", models.F("rating_count")),
                    (
                        "rating_sum__lte",
                        django.db.models.expressions.CombinedExpression(
                            models.F("rating_count"), "*", models.Value(5)
                        ),
                    ),
                ),
                name="course_ratings_are_1_to_5",
            ),
        ),
    ]
