"""What learners say of courses, and what the shop answers."""

import django.core.validators
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("catalog", "0015_course_ratings"),
        ("library", "0009_updates"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Review",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "rating",
                    models.PositiveSmallIntegerField(
                        validators=[
                            django.core.validators.MinValueValidator(1),
                            django.core.validators.MaxValueValidator(5),
                        ],
                        verbose_name="stars",
                    ),
                ),
                ("text", models.TextField(blank=True, max_length=2000, verbose_name="text")),
                (
                    "name",
                    models.CharField(
                        help_text="That is shown: the learner chose it.",
                        max_length=60,
                        verbose_name="name",
                    ),
                ),
                (
                    "status",
                    models.CharField(
                        choices=[("published", "Published"), ("hidden", "Hidden")],
                        default="published",
                        editable=False,
                        max_length=16,
                    ),
                ),
                (
                    "hidden_reason",
                    models.CharField(
                        blank=True,
                        help_text="Its writer reads it. Empty: the review is shown.",
                        max_length=200,
                        verbose_name="why it is hidden",
                    ),
                ),
                (
                    "answer",
                    models.TextField(
                        blank=True,
                        help_text="Is shown below the review.",
                        max_length=2000,
                        verbose_name="answer",
                    ),
                ),
                ("answered_at", models.DateTimeField(blank=True, editable=False, null=True)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                (
                    "course",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="reviews",
                        to="catalog.course",
                    ),
                ),
                (
                    "learner",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="reviews",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(
                        models.F("course"),
                        models.OrderBy(models.F("id"), descending=True),
                        condition=models.Q(("status", "published")),
                        name="review_shown",
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("learner", "course"), name="review_once"),
                    models.CheckConstraint(
                        condition=models.Q(("rating__gte", 1), ("rating__lte", 5)),
                        name="review_has_1_to_5_stars",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("text__length__lte", 2000)),
                        name="review_is_not_too_long",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("hidden_reason", ""), ("status", "published")),
                            models.Q(
                                ("status", "hidden"), models.Q(("hidden_reason", ""), _negated=True)
                            ),
                            _connector="OR",
                        ),
                        name="review_is_hidden_for_a_reason",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("answer", ""), ("answered_at", None)),
                            models.Q(
                                models.Q(("answer", ""), _negated=True),
                                ("answered_at__isnull", False),
                            ),
                            _connector="OR",
                        ),
                        name="review_answer_has_its_time",
                    ),
                ],
            },
        ),
    ]
