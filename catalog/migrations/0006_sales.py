"""Let a course have a sale."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("catalog", "0005_forget_claimed_prices")]

    operations = [
        migrations.RemoveConstraint(
            model_name="course",
            name="course_compare_at_is_higher",
        ),
        migrations.AddField(
            model_name="course",
            name="sale_ends_at",
            field=models.DateTimeField(blank=True, null=True, verbose_name="sale ends"),
        ),
        migrations.AddField(
            model_name="course",
            name="sale_price_minor",
            field=models.PositiveIntegerField(blank=True, null=True, verbose_name="sale price"),
        ),
        migrations.AddField(
            model_name="course",
            name="sale_starts_at",
            field=models.DateTimeField(blank=True, null=True, verbose_name="sale starts"),
        ),
        migrations.AlterField(
            model_name="course",
            name="compare_at_minor",
            field=models.PositiveIntegerField(
                blank=True,
                editable=False,
                help_text="Found in the price history; struck through while the sale lasts.",
                null=True,
                verbose_name="lowest price before the sale",
            ),
        ),
        migrations.AddConstraint(
            model_name="course",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("sale_price_minor", None),
                    ("sale_price_minor__lt", models.F("price_minor")),
                    _connector="OR",
                ),
                name="course_sale_is_lower",
            ),
        ),
        migrations.AddConstraint(
            model_name="course",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("sale_starts_at", None),
                    ("sale_ends_at", None),
                    ("sale_starts_at__lt", models.F("sale_ends_at")),
                    _connector="OR",
                ),
                name="course_sale_starts_before_it_ends",
            ),
        ),
        migrations.AddConstraint(
            model_name="course",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("sale_price_minor__isnull", False),
                    models.Q(
                        ("compare_at_minor", None), ("sale_ends_at", None), ("sale_starts_at", None)
                    ),
                    _connector="OR",
                ),
                name="course_sale_has_a_price",
            ),
        ),
        migrations.AddConstraint(
            model_name="course",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("compare_at_minor", None),
                    ("compare_at_minor__gt", models.F("sale_price_minor")),
                    _connector="OR",
                ),
                name="course_compare_at_is_higher",
            ),
        ),
    ]
