"""What a visitor can choose on the shelf: each choice is an address."""

from dataclasses import dataclass

from django.utils.translation import gettext as _

from catalog.models import Assortment, Level, Order
from catalog.shelf.wishes import FREE, PAID, Wishes, language_name


@dataclass(frozen=True)
class Choice:
    """One of several, and where it leads."""

    name: str
    url: str
    is_current: bool = False


@dataclass(frozen=True)
class Group:
    """Choices of which one holds."""

    key: str
    name: str
    choices: list[Choice]

    @property
    def current(self) -> Choice:
        """The one that holds."""
        return next(choice for choice in self.choices if choice.is_current)

    @property
    def is_chosen(self) -> bool:
        """Whether it is another than the first, which leaves things as they are."""
        return not self.choices[0].is_current

    @property
    def title(self) -> str:
        """What its button says: what holds, or what one could choose. There always is an order."""
        return self.current.name if self.is_chosen or self.key == "sort" else self.name


def topic_choices(wishes: Wishes, assortment: Assortment) -> Group:
    """Return all topics of published courses; the chosen one stands first, to be seen."""
    pairs = [(topic["slug"], topic["name"]) for topic in assortment.topics]
    pairs.sort(key=lambda pair: pair[0] != wishes.topic)
    return _group("topic", _("Topic"), wishes, [("", _("All topics")), *pairs])


def other_choices(wishes: Wishes, assortment: Assortment) -> list[Group]:
    """Return level, language, price and order. A choice of one is none."""
    levels = [(level.value, str(level.label)) for level in Level]
    languages = [(code, language_name(code)) for code in assortment.languages]
    prices = [(FREE, _("Free")), (PAID, _("Paid"))]
    orders = [(order.value, str(order.label)) for order in Order]
    if wishes.words:
        orders = [("", _("Best match")), *orders]
    else:
        orders[0] = ("", orders[0][1])
    groups = [
        _group("level", _("Level"), wishes, [("", _("Any level")), *levels]),
        _group("language", _("Language"), wishes, [("", _("Any language")), *languages]),
        _group("price", _("Price"), wishes, [("", _("Any price")), *prices]),
        _group("sort", _("Order"), wishes, orders),
    ]
    is_one = len(languages) < 2 and not wishes.language
    return [group for group in groups if not (group.key == "language" and is_one)]


def removals(wishes: Wishes, assortment: Assortment) -> list[Choice]:
    """Return the filters that were chosen, each with the address that leaves it out."""
    groups = [topic_choices(wishes, assortment), *other_choices(wishes, assortment)]
    return [
        Choice(group.current.name, wishes.but(**{group.key: ""}).url)
        for group in groups
        if group.key in wishes.filters
    ]


def _group(key: str, name: str, wishes: Wishes, pairs: list[tuple[str, str]]) -> Group:
    chosen = getattr(wishes, key)
    choices = [
        Choice(text, wishes.but(**{key: value}).url, value == chosen) for value, text in pairs
    ]
    return Group(key, name, choices)
