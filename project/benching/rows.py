"""The rows of the table: which requests are sent, and what is demanded of their answers."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import product
from secrets import token_hex
from typing import Literal

from django.conf import settings
from django.urls import reverse

from catalog.models import Course, Lesson
from catalog.seeding.words import LESSONS, TOPICS
from project.benching import people
from project.benching.polling import poll_path
from project.benching.sessions import completed_event, signature
from project.benching.wire import Browser, ask, write

CARDS = 24
NO_CONTENT, NOT_MODIFIED = 204, 304

type Server = Literal["shop", "watched", "paid"]
type Requests = list[bytes]


class NothingToAsk(Exception):
    """What a row asks for is not there."""


@dataclass(frozen=True)
class Row:
    """A row: ``make`` returns so many requests, each of which is answered with ``status``."""

    name: str
    title: str
    queries: int
    ratio: float
    make: Callable[["Shop", int], Requests]
    status: int = 200
    server: Server = "shop"
    is_once: bool = False  # a request that was sent does not mean the same again
    is_of_now: bool = False  # requests tell the time, and mean something else after a while
    follows_save: bool = False  # a course is saved before each request


@dataclass(frozen=True)
class Shop:
    """The shop as the load finds it: where it listens, and what is in it."""

    port: int

    @cached_property
    def newest(self) -> list[Course]:
        """The courses on the catalog's first page."""
        return people.newest_courses(CARDS)

    @cached_property
    def learner(self) -> Browser:
        """Somebody signed in, who owns two courses and has three others in the cart."""
        owned, wanted = self.newest[:2], self.newest[2:5]
        return Browser(self.port, people.learner(owned=owned, wanted=wanted))

    @property
    def stranger(self) -> Browser:
        """Somebody who comes for the first time."""
        return Browser(self.port)


def catalog(shop: Shop, number: int) -> Requests:
    """Return visits of the catalog without a cookie."""
    return [shop.stranger.get("/")]


def unmodified(shop: Shop, number: int) -> Requests:
    """Return visits of browsers that know the catalog as it is."""
    etag = ask(shop.port, shop.stranger.get("/")).headers["ETag"]
    if not etag:
        raise NothingToAsk("has no ETag")
    return [shop.stranger.get("/", headers={"If-None-Match": etag})]


def catalog_signed_in(shop: Shop, number: int) -> Requests:
    """Return visits of the catalog by somebody who owns two courses and has three in the cart."""
    return [shop.learner.get("/")]


def course_pages(shop: Shop, number: int) -> Requests:
    """Return visits of the pages of the newest courses."""
    return [shop.stranger.get(course.get_absolute_url()) for course in shop.newest]


def searches(shop: Shop, number: int) -> Requests:
    """Return what browsers ask while somebody types, each time something else."""
    path = reverse("catalog:course_list")
    typed = list(_typed())
    return [
        shop.stranger.get(f"{path}?q={text.replace(' ', '+')}", target="results") for text in typed
    ]


def _typed() -> Iterator[str]:
    """Yield what stands in the field after each letter from the third on, for many searches."""
    wanted = [
        f"{verb} {subject}".lower().replace("'", "")
        for subjects, verbs in TOPICS.values()
        for verb, subject in product(verbs, subjects)
    ]
    seen: set[str] = set()
    for words in wanted[:: len(LESSONS)]:  # some of each topic
        for end in range(3, len(words) + 1):
            text = words[:end].strip()
            if text not in seen:
                seen.add(text)
                yield text


def cart_panel(shop: Shop, number: int) -> Requests:
    """Return looks at a cart with three lines."""
    browser = Browser(shop.port, people.visitor(shop.newest[:3]))
    return [browser.get(reverse("checkout:cart"), target="stage")]


def additions(shop: Shop, number: int) -> Requests:
    """Return the adding of a second course to carts that hold one, by people of many addresses."""
    course, path = shop.newest[0], reverse("checkout:cart_items")
    return [
        Browser(shop.port, cookie).post(
            path,
            {"course": course.slug, "shown": "1"},
            target="cart",
            headers={"X-Forwarded-For": _address(place)},
        )
        for place, cookie in enumerate(people.visitors(number, shop.newest[1:2]))
    ]


def _address(place: int) -> str:
    """Return an address of its own for each: what one may do in a minute is limited by address."""
    return f"10.{place >> 16 & 255}.{place >> 8 & 255}.{place & 255}"


def polls(shop: Shop, number: int) -> Requests:
    """Return the polls of pages that wait for their money, of which nothing is heard."""
    orders = people.waiting(16, shop.newest[:2])
    browsers = [Browser(shop.port, order.cookie) for order in orders]
    return [
        browser.get(poll_path(browser, order.reference), target="order")
        for browser, order in zip(browsers, orders, strict=True)
    ]


def deliveries(shop: Shop, number: int) -> Requests:
    """Return events, each of which settles an order that was not settled before."""
    orders = people.waiting(number, shop.newest[:2])
    return [delivery(shop, order.session_id) for order in orders]


def repeated(shop: Shop, number: int) -> Requests:
    """Return events that were acted on."""
    events = deliveries(shop, 16)
    for event in events:
        ask(shop.port, event)
    return events


def delivery(shop: Shop, session_id: str) -> bytes:
    """Return the signed event that tells that a session was paid."""
    body = completed_event(session_id, number=token_hex(8))
    headers = {
        "Host": f"localhost:{shop.port}",
        "User-Agent": "Stripe/1.0 (+https://stripe.com/docs/webhooks)",
        "Accept": "*/*; q=0.5, application/xml",
        "Content-Type": "application/json; charset=utf-8",
        "Content-Length": str(len(body)),
        "Stripe-Signature": signature(body, settings.STRIPE_WEBHOOK_SECRETS[0]),
    }
    return write("POST", reverse("checkout:stripe_webhook"), headers, body)


def lessons(shop: Shop, number: int) -> Requests:
    """Return visits of the lessons of a course by somebody who owns it."""
    course = shop.newest[0]
    slugs = Lesson.objects.filter(course=course).values_list("slug", flat=True)[:5]
    return [shop.learner.get(reverse("library:lesson", args=[course.slug, slug])) for slug in slugs]


ROWS = [
    Row("catalog", "Catalog, anonymous, unchanged", 0, 2.5, catalog),
    Row("after-save", "The same, after a course was saved", 4, 0.25, catalog, follows_save=True),
    Row("not-modified", "The same, known to the browser", 0, 2.5, unmodified, NOT_MODIFIED),
    Row("catalog-signed-in", "Catalog, signed in, with a cart", 6, 0.35, catalog_signed_in),
    Row("course", "Course page, anonymous", 0, 2.5, course_pages),
    Row("search", "Search as you type", 2, 0.3, searches),
    Row("cart", "Cart panel, three lines", 3, 0.5, cart_panel),
    Row("add", "Add to cart", 6, 0.4, additions, is_once=True),
    Row("poll", "Order status poll, unchanged", 1, 3, polls, NO_CONTENT, is_of_now=True),
    Row(
        "poll-watched",
        "The same, with the watch",
        0,
        15,
        polls,
        NO_CONTENT,
        server="watched",
        is_of_now=True,
    ),
    Row("webhook", "Webhook that settles", 20, 0.25, deliveries, server="paid", is_once=True),
    Row("webhook-repeated", "Webhook, repeated", 3, 1.0, repeated, server="paid"),
    Row("lesson", "Lesson, signed in", 6, 0.3, lessons),
]
