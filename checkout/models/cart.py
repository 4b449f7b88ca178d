"""The cart: what somebody means to buy. A row, so that it outlives sessions and devices."""

from collections import Counter
from collections.abc import Set
from datetime import datetime
from typing import Any, ClassVar

from django.conf import settings
from django.db import connection, models
from django.db.models import Prefetch, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from catalog.models import Bundle, BundleEntry, Course
from catalog.models.course_queries import UNSOLD_FIELDS
from project.accounts.models import User
from project.prepared import Given, Prepared
from project.statement import Statement, array

MAX_SEATS = 50  # of one course in one cart; a larger group writes to the shop
MAX_COURSES = 100  # in one order; Stripe's page lists no more

# In one statement, whoever else puts the same course in at this moment. The cart comes first, as it
# does where carts are merged: the other way round the two could wait for each other.
_PUT = Statement("""
    WITH cart AS (UPDATE checkout_cart SET updated_at = now() WHERE id = %s RETURNING id),
    put AS (
        INSERT INTO checkout_cartitem
            (cart_id, course_id, seats, is_for_others, price_minor, added_at)
        SELECT id, %s, %s, %s, %s, clock_timestamp() FROM cart
        ON CONFLICT (cart_id, course_id) DO NOTHING RETURNING id
    )
    SELECT count(*) FROM put
""")
# In one statement, because it is part of every settlement, which is to be short.
_TAKE_OUT = Statement("""
    WITH bought AS (
        SELECT * FROM unnest(%s::bigint[], %s::int[]) AS bought (course_id, seats)
    ),
    gone AS (
        DELETE FROM checkout_cartitem AS item
        WHERE cart_id = %s AND (
            bundle_id = ANY(%s::bigint[])
            OR EXISTS (
                SELECT FROM bought
                WHERE bought.course_id = item.course_id AND bought.seats >= item.seats
            )
        )
    ),
    fewer AS (
        UPDATE checkout_cartitem AS item SET seats = item.seats - bought.seats FROM bought
        WHERE cart_id = %s
            AND bought.course_id = item.course_id AND bought.seats < item.seats
    )
    UPDATE checkout_cart SET updated_at = now() WHERE id = %s
""")


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

    def forsaken(self, *, since: datetime) -> "CartQuerySet":
        """Visitors' own, and those merged into others, that nobody has touched since then.

        Not those whose order may still be paid: it takes out of them what is bought.
        """
        rest = self.filter(Q(owner=None) | Q(merged_at__isnull=False), updated_at__lt=since)
        return rest.exclude(orders__status__in=("pending", "processing"))

    def of_order(self, *, cart_id: int | None, owner_id: int | None) -> "CartQuerySet":
        """The cart that an order was made from, and the buyer's open one if it is another now.

        None at all for an order that has let go of its cart.
        """
        theirs = Q(owner=owner_id, merged_at=None) if owner_id else Q()
        return self.filter(Q(pk=cart_id) | theirs) if cart_id else self.none()

    def locked_for_order(self, *, cart_id: int | None, owner_id: int | None) -> list["Cart"]:
        """Lock those carts, in the order of their ids, until the transaction ends; return them."""
        if cart_id and owner_id:
            return _locked_of_a_buyer.all(cart=cart_id, owner=owner_id)
        return _locked_of_a_guest.all(cart=cart_id) if cart_id else []

    def of_owner(self, owner: User) -> "Cart":
        """Return the owner's one open cart; make it if there is none."""
        cart, _ = self.get_or_create(owner=owner, merged_at=None)
        return cart


def _locked(owner: Given | None) -> CartQuerySet:
    theirs: Any = Cart.objects.of_order(cart_id=Given("cart"), owner_id=owner)  # type: ignore[arg-type]
    locked: CartQuerySet = theirs.order_by("pk").select_for_update(no_key=True)
    return locked


_locked_of_a_buyer = Prepared(lambda: _locked(Given("owner")))
_locked_of_a_guest = Prepared(lambda: _locked(None))


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
        indexes: ClassVar[list[models.Index]] = [
            models.Index(
                fields=["updated_at"],
                condition=Q(owner=None) | Q(merged_at__isnull=False),
                name="cart_forsaken",
            )
        ]

    def __str__(self) -> str:
        return f"Cart {self.pk}"

    def is_open_for(self, user: User | None) -> bool:
        """Whether it is still the person's, or a visitor's, and was not merged into another."""
        return self.merged_at is None and self.owner_id == (user.pk if user else None)

    def put(self, course: Course, *, seats: int = 1, is_for_others: bool = False) -> bool:
        """Put a course in. Return ``False`` if it was there already, and leave it as it was."""
        wanted = (course.pk, seats, is_for_others, course.price_now)
        [(put,)] = _PUT.rows(connection, [self.pk, *wanted])
        return bool(put)

    def put_bundle(self, bundle: Bundle) -> bool:
        """Put a bundle in. Return ``False`` if it was there already."""
        _, is_new = self.items.get_or_create(
            bundle=bundle, defaults={"price_minor": bundle.price_now}
        )
        self._touch()
        return is_new

    def take_out_single(self, bundle: Bundle) -> list[Course]:
        """Take out single seats on the bundle's courses, and return these: nobody pays twice.

        More than one seat may be meant for others.
        """
        single = self.items.filter(course__bundles=bundle, seats=1, is_for_others=False)
        items = list(single.select_related("course"))
        self.items.filter(pk__in=[item.pk for item in items]).delete()
        return [item.course for item in items if item.course]

    def set_seats(self, course: Course, seats: int) -> bool:
        """Change how many seats are wanted; 0 takes the course out. Return whether it was in."""
        items = self.items.filter(course=course)
        changed = items.delete()[0] if seats == 0 else items.update(seats=seats)
        self._touch()
        return bool(changed)

    def give_away(self, course: Course, *, is_all: bool) -> bool:
        """Note that all seats are for others, or that one is the owner's. Return whether it is in.

        Of a course that its owner has already, all are for others anyway.
        """
        changed = self.items.filter(course=course).update(is_for_others=is_all)
        self._touch()
        return bool(changed)

    def take_bundle_out(self, bundle: Bundle) -> bool:
        """Take a bundle out. Return whether it was in."""
        taken, _ = self.items.filter(bundle=bundle).delete()
        self._touch()
        return bool(taken)

    def accept_prices(self) -> None:
        """Note that today's prices were shown: from now on only a newer change is mentioned."""
        for item in self.items.select_related("course", "bundle"):
            if item.price_minor != item.price_now:
                self.items.filter(pk=item.pk).update(price_minor=item.price_now)

    def drop_owned(self, owned: set[int]) -> None:
        """Take out what its owner has, by course id: it would be bought in vain.

        More than one seat may be meant for others. A course that is in a bundle beside it would be
        bought in vain as well, and so would a bundle of which all is owned.
        """
        bundles = self.items.filter(course=None).with_goods()
        sold = [item for item in bundles if item.thing.is_for_sale]
        contents = {item.pk: item.course_ids for item in sold}
        complete = {pk for pk, courses in contents.items() if courses <= owned}
        needless = owned.union(*(contents[pk] for pk in contents.keys() - complete))
        in_vain = Q(course__in=needless, seats=1, is_for_others=False)
        self.items.filter(Q(pk__in=complete) | in_vain).delete()
        self._touch()

    def take_out(self, bought: Counter[int], *, bundles: Set[int] = frozenset()) -> None:
        """Take out the seats that were bought, by course id; keep what was added since.

        ``bundles`` are those that were bought, by their ids; their courses are not in ``bought``.
        """
        courses, seats = array(bought.keys()), array(bought.values())
        values = [courses, seats, self.pk, array(bundles), self.pk, self.pk]
        _TAKE_OUT.count(connection, values)

    def merge_into(self, other: "Cart") -> None:
        """Hand all that is in it to ``other``, once. Of what is in both, the larger number stays.

        The caller holds both rows' locks, in the order of their ids.
        """
        if self.merged_at or self.pk == other.pk:
            return
        for item in self.items.select_related("course", "bundle"):
            kept, is_new = other.items.get_or_create(
                course=item.course,
                bundle=item.bundle,
                defaults={
                    "seats": item.seats,
                    "is_for_others": item.is_for_others,
                    "price_minor": item.price_minor,
                },
            )
            if not is_new and kept.seats < item.seats:
                other.items.filter(pk=kept.pk).update(seats=item.seats)
        self.merged_at = timezone.now()
        self.save(update_fields=["merged_at"])
        other._touch()

    def _touch(self) -> None:
        Cart.objects.filter(pk=self.pk).update(updated_at=timezone.now())


class CartItemQuerySet(models.QuerySet["CartItem"]):
    """What is in carts."""

    def with_goods(self) -> "CartItemQuerySet":
        """With what a cart shows of courses and bundles, and nothing else of them."""
        of_courses = [f"course__{name}" for name in UNSOLD_FIELDS]
        of_bundles = [f"bundle__{name}" for name in ("description", "description_html")]
        items = self.select_related("course", "bundle").defer(*of_courses, *of_bundles)
        return items.prefetch_related(
            Prefetch("bundle__entries", BundleEntry.objects.with_courses())
        )


class CartItem(models.Model):
    """A course in a cart, with how many seats on it are wanted; or a bundle, with one on each."""

    cart = models.ForeignKey(Cart, on_delete=models.CASCADE, related_name="items")
    course = models.ForeignKey(
        Course, on_delete=models.CASCADE, related_name="+", null=True, blank=True
    )
    bundle = models.ForeignKey(
        Bundle, on_delete=models.CASCADE, related_name="+", null=True, blank=True
    )
    seats = models.PositiveSmallIntegerField(default=1)
    is_for_others = models.BooleanField(
        default=False,
        db_default=False,
        help_text=_("All seats are to be given away; else the first is the buyer's own."),
    )
    price_minor = models.PositiveIntegerField(help_text=_("The price that was last shown."))
    added_at = models.DateTimeField(auto_now_add=True)

    objects = CartItemQuerySet.as_manager()

    class Meta:
        ordering: ClassVar[list[str]] = ["added_at", "pk"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["cart", "course"], name="cart_item_course_once"),
            models.UniqueConstraint(fields=["cart", "bundle"], name="cart_item_bundle_once"),
            models.CheckConstraint(
                condition=Q(course=None, bundle__isnull=False)
                | Q(course__isnull=False, bundle=None),
                name="cart_item_course_or_bundle",
            ),
            models.CheckConstraint(
                condition=Q(seats__gte=1, seats__lte=MAX_SEATS), name="cart_item_seats_in_range"
            ),
            models.CheckConstraint(
                condition=Q(bundle=None) | Q(seats=1), name="cart_item_bundle_has_one_seat"
            ),
            models.CheckConstraint(
                condition=Q(bundle=None) | Q(is_for_others=False),
                name="cart_item_bundle_is_for_its_buyer",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.thing} × {self.seats}"

    @property
    def thing(self) -> Course | Bundle:
        """What it is that is wanted."""
        thing = self.course or self.bundle
        assert thing is not None  # noqa: S101  the database has no such row
        return thing

    @property
    def price_now(self) -> int:
        """What one of it costs now, before anything that its owner has is taken off."""
        return self.thing.price_now

    @property
    def course_ids(self) -> set[int]:
        """The courses that it would open."""
        courses = self.bundle.contents if self.bundle else [self.course]
        return {course.pk for course in courses if course}
