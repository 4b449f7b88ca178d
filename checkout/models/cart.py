"""The cart: what somebody means to buy. A row, so that it outlives sessions and devices."""

import hashlib
from collections import Counter
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from catalog.models import Course
from project.accounts.models import User

MAX_SEATS = 50  # of one course in one cart; a larger group writes to the shop
MAX_COURSES = 100  # in one order; Stripe's page lists no more


class CartQuerySet(models.QuerySet["Cart"]):
    """Carts."""

    def open(self) -> "CartQuerySet":
        """Those that were not merged into another."""
        return self.filter(merged_at=None)

    def anonymous(self) -> "CartQuerySet":
        """Those of visitors who have not signed in."""
        return self.filter(owner=None)

    def held_by(self, owner: User) -> "CartQuerySet":
        """The owner's."""
        return self.filter(owner=owner)

    def of_order(self, *, cart_id: int | None, owner_id: int | None) -> "CartQuerySet":
        """The cart that an order was made from, and the buyer's open one if it is another now.

        None at all for an order that has let go of its cart.
        """
        theirs = Q(owner=owner_id, merged_at=None) if owner_id else Q()
        return self.filter(Q(pk=cart_id) | theirs) if cart_id else self.none()

    def locked_for_order(self, *, cart_id: int | None, owner_id: int | None) -> list["Cart"]:
        """Lock those carts, in the order of their ids, until the transaction ends; return them."""
        carts = self.of_order(cart_id=cart_id, owner_id=owner_id).order_by("pk")
        return list(carts.select_for_update(no_key=True))

    def of_owner(self, owner: User) -> "Cart":
        """Return the owner's one open cart; make it if there is none."""
        cart, _ = self.get_or_create(owner=owner, merged_at=None)
        return cart


class Cart(models.Model):
    """What a visitor or a person means to buy."""

    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        related_name="carts",
        null=True,
        blank=True,
    )
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)
    merged_at = models.DateTimeField(null=True, blank=True)

    objects = CartQuerySet.as_manager()

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["owner"], condition=Q(merged_at=None), name="one_open_cart_per_owner"
            )
        ]

    def __str__(self) -> str:
        return f"Cart {self.pk}"

    def is_open_for(self, user: User | None) -> bool:
        """Whether it is still the person's, or a visitor's, and was not merged into another."""
        return self.merged_at is None and self.owner_id == (user.pk if user else None)

    def put(self, course: Course, *, seats: int = 1) -> bool:
        """Put a course in. Return ``False`` if it was there already, and leave it as it was."""
        _, is_new = self.items.get_or_create(
            course=course, defaults={"seats": seats, "price_minor": course.price_minor}
        )
        self._touch()
        return is_new

    def set_seats(self, course: Course, seats: int) -> bool:
        """Change how many seats are wanted; 0 takes the course out. Return whether it was in."""
        items = self.items.filter(course=course)
        changed = items.delete()[0] if seats == 0 else items.update(seats=seats)
        self._touch()
        return bool(changed)

    def fingerprint(self, items: "list[CartItem]") -> str:
        """Return what identifies this content: courses, seats and prices, in any order."""
        wanted = [(item.course_id, item.seats, item.course.price_minor) for item in items]
        return hashlib.sha256(repr(sorted(wanted)).encode()).hexdigest()

    def accept_prices(self) -> None:
        """Note that today's prices were shown: from now on only a newer change is mentioned."""
        for item in self.items.select_related("course").exclude(
            price_minor=F("course__price_minor")
        ):
            self.items.filter(pk=item.pk).update(price_minor=item.course.price_minor)

    def drop_owned(self, owned: set[int]) -> None:
        """Take out what its owner has, by course id: it would be bought in vain.

        More than one seat may be meant for others.
        """
        self.items.filter(course__in=owned, seats=1).delete()
        self._touch()

    def take_out(self, bought: Counter[int]) -> None:
        """Take out the seats that were bought, by course id; keep what was added since."""
        items = list(self.items.filter(course__in=bought))
        done = [item.pk for item in items if item.seats <= bought[item.course_id]]
        self.items.filter(pk__in=done).delete()
        for item in items:
            if item.pk not in done:
                self.items.filter(pk=item.pk).update(seats=item.seats - bought[item.course_id])
        self._touch()

    def merge_into(self, other: "Cart") -> None:
        """Hand all courses over to ``other``, once. Of a course in both, the larger number stays.

        The caller holds both rows' locks, in the order of their ids.
        """
        if self.merged_at or self.pk == other.pk:
            return
        for item in self.items.all():
            kept, is_new = other.items.get_or_create(
                course_id=item.course_id,
                defaults={"seats": item.seats, "price_minor": item.price_minor},
            )
            if not is_new and kept.seats < item.seats:
                other.items.filter(pk=kept.pk).update(seats=item.seats)
        self.merged_at = timezone.now()
        self.save(update_fields=["merged_at"])
        other._touch()

    def _touch(self) -> None:
        Cart.objects.filter(pk=self.pk).update(updated_at=timezone.now())


class CartItemQuerySet(models.QuerySet["CartItem"]):
    """Courses in carts."""

    def with_courses(self) -> "CartItemQuerySet":
        """With what a cart shows of its courses, and without their long texts."""
        long = ("course__description", "course__description_html", "course__outcomes")
        return self.select_related("course").defer(*long)


class CartItem(models.Model):
    """A course in a cart, with how many seats on it are wanted."""

    cart = models.ForeignKey(Cart, on_delete=models.CASCADE, related_name="items")
    course = models.ForeignKey(Course, on_delete=models.CASCADE, related_name="+")
    seats = models.PositiveSmallIntegerField(default=1)
    price_minor = models.PositiveIntegerField(help_text="The price that was last shown.")
    added_at = models.DateTimeField(auto_now_add=True)

    objects = CartItemQuerySet.as_manager()

    class Meta:
        ordering: ClassVar[list[str]] = ["added_at", "pk"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["cart", "course"], name="cart_item_course_once"),
            models.CheckConstraint(
                condition=Q(seats__gte=1, seats__lte=MAX_SEATS), name="cart_item_seats_in_range"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.course} × {self.seats}"
