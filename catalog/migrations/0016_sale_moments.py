"""Let the next moment at which a sale begins or ends be found at once."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("catalog", "0015_course_ratings")]

    operations = [
        migrations.AddIndex(
            model_name="course",
            index=models.Index(
                "sale_starts_at",
                condition=models.Q(("sale_starts_at__isnull", False)),
                name="course_sale_starts",
            ),
        ),
        migrations.AddIndex(
            model_name="course",
            index=models.Index(
                "sale_ends_at",
                condition=models.Q(("sale_ends_at__isnull", False)),
                name="course_sale_ends",
            ),
        ),
    ]
