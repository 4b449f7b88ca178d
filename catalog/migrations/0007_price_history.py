"""Keep what courses cost when."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("catalog", "0006_sales")]

    operations = [
        migrations.CreateModel(
            name="PricePoint",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("since", models.DateTimeField()),
                (
                    "price_minor",
                    models.PositiveIntegerField(
                        help_text="Empty while the course is not for sale.",
                        null=True,
                        verbose_name="price",
                    ),
                ),
                ("is_sale", models.BooleanField(default=False)),
            ],
            options={
                "ordering": ["since"],
            },
        ),
        migrations.AddField(
            model_name="pricepoint",
            name="course",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="price_points",
                to="catalog.course",
            ),
        ),
        migrations.AddConstraint(
            model_name="pricepoint",
            constraint=models.UniqueConstraint(fields=("course", "since"), name="price_point_once"),
        ),
    ]
