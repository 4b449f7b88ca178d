"""What words find, and in which order."""

import time
from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connection
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from catalog.models import Assortment, Course, Order, SearchWord
from catalog.search import query
from catalog.search.indexing import refresh_search
from catalog.search.query import find, words_in
from catalog.search.spelling import Vocabulary, corrected
from tests.factories import create_course, create_instructor, create_topic, put_on_shelf

pytestmark = pytest.mark.django_db


def found(text, *, languages=("en",)):
    """Return the titles of what is found, the best first."""
    finds = find(Course.objects.published(), words_in(text), languages=languages, most=100)
    titles = dict(Course.objects.values_list("pk", "title"))
    return [titles[pk] for pk in finds.pks]


@pytest.mark.parametrize(
    ("text", "is_found"),
    [
        ("baking", True),
        ("bak", True),  # its beginning
        ("baked", True),  # another form of it
        ("BAKES", True),
        ("baking bread", True),  # all of the words
        ("baking the bread", True),  # what says nothing is not asked for
        ("baking cars", False),
        ("aking", False),
        ("the", False),
        ("node js", True),
        ("js", True),
        ("self-hosted", True),
        ("hosted", True),
    ],
)
def test_search_finds_words_their_beginnings_and_their_forms(text, is_found):
    put_on_shelf(title="Baking with love", summary="All of bread, node.js and self-hosted ovens.")

    assert found(text) == (["Baking with love"] if is_found else [])


def test_search_finds_words_that_say_nothing_where_they_stand():
    put_on_shelf(title="The Who")
    put_on_shelf(title="Abba")

    assert found("the who") == ["The Who"]


@pytest.mark.parametrize(
    ("language", "title", "text"),
    [
        ("de", "Häuser bauen", "haus"),
        ("de-at", "Häuser bauen", "hauses"),
        ("id", "Membaca peta", "baca"),
        ("fr", "Les chevaux", "cheval"),
        ("tlh", "Heghlu'meH QaQ", "heghlu"),  # no grammar is known
        ("", "Plain", "plain"),
    ],
)
def test_search_follows_the_grammar_of_the_course(language, title, text):
    put_on_shelf(title=title, language=language)

    assert found(text, languages=[language]) == [title]


def test_search_finds_every_text_of_a_course():
    course = put_on_shelf(
        title="Alpha",
        summary="Beta.",
        description="Gamma *delta*.",
        outcomes=["Epsilon", "Zeta"],
        topics=[create_topic(name="Theta")],
        instructor=create_instructor(name="Iota Kappa"),
        lesson_titles=["Lambda", "Omega"],
    )

    for word in "alpha beta gamma delta epsilon zeta theta iota kappa lambda omega".split():
        assert found(word) == [course.title]


def test_search_ranks_title_before_summary_before_description_before_lessons():
    often = "Bread, bread, more bread, and bread."
    put_on_shelf(title="Bread")
    put_on_shelf(title="Summary", summary=often, lesson_titles=["Bread", "Bread again"])
    put_on_shelf(title="Topic", topics=[create_topic(name="Bread")])
    put_on_shelf(title="Description", description=often * 20)
    put_on_shelf(title="Lessons", lesson_titles=[f"{often} {n}" for n in range(3)])

    titles = found("bread")

    assert titles[0] == "Bread"
    assert set(titles[1:3]) == {"Summary", "Topic"}
    assert titles[3:] == ["Description", "Lessons"]


def test_search_ranks_another_form_in_the_title_before_the_same_in_a_summary():
    put_on_shelf(title="Baked goods")
    put_on_shelf(title="Summary", summary="Baking, baking and baking: all about baking.")

    assert found("baking") == ["Baked goods", "Summary"]


def test_search_puts_the_newest_of_equals_first():
    first, second = put_on_shelf(title="Bread one"), put_on_shelf(title="Bread two")
    assert found("bread") == ["Bread two", "Bread one"]

    Course.objects.filter(pk=first.pk).update(published_at=timezone.now() + timedelta(hours=1))
    assert found("bread") == ["Bread one", "Bread two"]
    assert second.pk > first.pk


def test_search_takes_courses_of_which_nothing_is_kept_yet():
    put_on_shelf(title="Bread")
    create_course(title="Bread, unheard of")

    assert found("bread") == ["Bread", "Bread, unheard of"]


def test_search_misses_no_title_however_many_others_have_the_word(monkeypatch):
    monkeypatch.setattr(query, "MOST_FOUND", 3)
    old = put_on_shelf(title="Old bread")
    for number in range(5):
        put_on_shelf(title=f"Course {number}", summary="Bread.")

    finds = find(Course.objects.published(), ["bread"], languages=["en"], most=2)

    assert finds.count == 4
    assert len(finds.pks) == 2
    assert finds.pks[0] == old.pk


@pytest.mark.parametrize(
    ("words", "grammars", "question"),
    [
        # Its stem begins as it does, and would be found twice.
        (["test"], ["english", "french", "german"], "'test':*"),
        (["baking"], ["english", "german"], "'baking':* | 'bake'"),
        # Two grammars that agree.
        (["lessons"], ["english", "spanish"], "'lessons':* | 'lesson'"),
        # One that says nothing, beside one that does; and alone.
        (["the", "dough"], ["english"], "'dough':*"),
        (["the"], ["english"], "'the':*"),
        (["bread"], [], "'bread':*"),
    ],
)
def test_question_asks_for_each_form_once(words, grammars, question):
    with connection.cursor() as cursor:
        cursor.execute("SELECT catalog_search_question(%s::text[], %s::text[])", [words, grammars])
        assert cursor.fetchone() == (question,)


def test_search_goes_on_after_a_course_in_every_order():
    for number in range(7):
        put_on_shelf(title=f"Bread {number}", price_minor=1000 * (number % 2))

    for order in [None, *Order]:
        shelf = {"languages": ["en"], "order": order}
        every = find(Course.objects.published(), ["bread"], most=100, **shelf).pks
        slugs = dict(Course.objects.values_list("pk", "slug"))
        walked, after = [], ""
        while pks := find(Course.objects.published(), ["bread"], most=2, after=after, **shelf).pks:
            walked += pks
            after = slugs[pks[-1]]

        assert walked == every
        assert len(every) == 7
        if order:
            assert every == list(
                Course.objects.published().sorted_by(order).values_list("pk", flat=True)
            )


@settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    st.text(max_size=300)
    | st.text(alphabet="&|!:*()<>'\"\\ -%_\0aB1²ßİ🍞é", max_size=60)
    | st.sampled_from(["x" * 10_000, "a " * 5_000, "'; DROP TABLE catalog_course; --", "\ud800"])
)
def test_search_takes_whatever_is_typed(client, text):
    page = client.get("/", {"q": text.encode("utf-8", "replace").decode(), "sort": "price"})
    assert page.status_code == 200

    assert client.get("/", {"q": text.encode("utf-8", "replace").decode()}).status_code == 200


@pytest.mark.parametrize(
    "query_string", ["q=%00", "q=%ff%fe", "q=%ED%A0%80", "q=a&q=b", "topic=%00&level=%00&sort=%00"]
)
def test_search_takes_addresses_that_no_form_makes(client, query_string):
    assert client.get(f"/?{query_string}").status_code == 200


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("braed", "bread"),
        ("bred", "bread"),
        ("gardning", "gardening"),
        ("sourdoug", None),  # the beginning of a word
        ("bread", None),
        ("qqqqqqq", None),
        ("br", None),
        ("2024", None),
        ("sql braed", "sql bread"),
        ("ingrd", "ingrid"),
    ],
)
def test_spelling_guesses_what_was_meant(typed, meant):
    topics, teacher = [create_topic(name="Gardening")], create_instructor(name="Ingrid Pawlak")
    put_on_shelf(title="Bread and SQL", topics=topics, instructor=teacher, summary="Sourdough.")

    guess = corrected(typed.split(), version=Assortment.objects.current().version)

    assert guess == (meant.split() if meant else None)


def test_spelling_prefers_the_commoner_of_equals():
    vocabulary = Vocabulary(uuid4(), {"bread": 9, "brand": 3, "broad": 12, "tread": 90})

    assert vocabulary.nearest("brxad") == "broad"
    assert vocabulary.nearest("brend") == "bread"
    assert vocabulary.nearest("xread") == "tread"


def test_spelling_learns_new_words_at_once():
    put_on_shelf(title="Bread")
    assert corrected(["chees"], version=Assortment.objects.current().version) is None

    put_on_shelf(title="Cheese making")
    put_on_shelf(title="Chess")

    guess = corrected(["cheeze"], version=Assortment.objects.current().version)
    assert guess == ["cheese"]


def test_spelling_asks_for_the_vocabulary_once(django_assert_num_queries):
    put_on_shelf(title="Bread")
    version = Assortment.objects.current().version
    corrected(["braed"], version=version)

    with django_assert_num_queries(0):
        assert corrected(["braed"], version=version) == ["bread"]


def test_spelling_stays_quick_with_very_many_words():
    letters = "abcdefghijklmnopqrstuvwxyz"
    words = {
        f"{a}{b}{c}{letters[(n * 7) % 26]}{letters[(n * 3) % 26]}er": n % 50
        for a in letters
        for b in letters
        for n, c in enumerate(letters * 2)
    }
    vocabulary = Vocabulary(uuid4(), words)
    vocabulary.nearest("warming")

    start = time.process_time()
    for _ in range(8):
        vocabulary.nearest("xaqqqrer")

    # Eight words are the most that are looked for. About 40 ms where this was written.
    assert len(words) > 15_000
    assert time.process_time() - start < 0.5


def test_search_words_leave_with_the_last_course():
    bread, again = put_on_shelf(title="Bread"), put_on_shelf(title="Bread", slug="again")
    assert SearchWord.objects.get(word="bread").courses == 2

    again.archive()
    assert SearchWord.objects.get(word="bread").courses == 1
    refresh_search([bread.pk])
    assert SearchWord.objects.get(word="bread").courses == 1
    bread.unlist()

    assert not SearchWord.objects.exists()
