"""Things that tests need, made with as little said as possible.

Whatever a test does not name gets a value of its own, so that two of a kind never collide.
"""

from datetime import date, datetime, timedelta
from itertools import count
from typing import Any

from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.db.models import F
from django.utils import timezone
from django.utils.text import slugify

from catalog.models import (
    Bundle,
    BundleEntry,
    Course,
    CourseStatus,
    Instructor,
    Lesson,
    Level,
    PricePoint,
    Question,
    QuestionKind,
    Section,
    Topic,
)
from library.models import (
    Certificate,
    Enrollment,
    EnrollmentSource,
    EnrollmentStatus,
    LessonProgress,
    Review,
)
from project.accounts.models import User

_numbers = count(1)


def create_learner(*, email: str = "", name: str = "", password: str = "") -> User:
    """Create somebody with an account; without a password they sign in by mail."""
    email = email or f"learner{next(_numbers)}@example.com"
    return User.objects.create_user(email, password or None, name=name)


def create_staff(*, email: str = "", password: str = "", has_app: bool = True) -> User:
    """Create somebody who may do everything in the admin, which asks for an authenticator app."""
    email = email or f"staff{next(_numbers)}@example.com"
    staff = User.objects.create_superuser(email, password or None)
    if has_app:
        add_app(staff)
    return staff


def add_app(user: User) -> str:
    """Give somebody an authenticator app; return its key."""
    secret = generate_totp_secret()
    TOTP.activate(user, secret)
    return secret


def create_topic(*, name: str = "") -> Topic:
    """Create what a course is about."""
    name = name or f"Topic {next(_numbers)}"
    return Topic.objects.create(name=name, slug=slugify(name))


def create_instructor(*, name: str = "") -> Instructor:
    """Create somebody who teaches."""
    return Instructor.objects.create(name=name or f"Instructor {next(_numbers)}")


def create_course(
    *,
    title: str = "",
    slug: str = "",
    price_minor: int = 3900,
    sale_price_minor: int | None = None,
    sale_starts_at: datetime | None = None,
    sale_ends_at: datetime | None = None,
    currency: str = "usd",
    status: CourseStatus = CourseStatus.PUBLISHED,
    level: Level = Level.BEGINNER,
    language: str = "en",
    summary: str = "A course worth taking.",
    description: str = "",
    outcomes: list[str] | None = None,
    instructor: Instructor | None = None,
    topics: list[Topic] | None = None,
    lessons: int = 0,
    access_days: int | None = None,
) -> Course:
    """Create a course; with ``lessons``, also one section that holds so many."""
    title = title or f"Course {next(_numbers)}"
    course = Course.objects.create(
        title=title,
        slug=slug or slugify(title),
        price_minor=price_minor,
        sale_price_minor=sale_price_minor,
        sale_starts_at=sale_starts_at,
        sale_ends_at=sale_ends_at,
        currency=currency,
        status=status,
        level=level,
        language=language,
        summary=summary,
        description=description,
        outcomes=outcomes or [],
        access_days=access_days,
        instructor=instructor or create_instructor(),
    )
    course.topics.set(topics or [])
    if lessons:
        section = create_section(course=course)
        for _ in range(lessons):
            create_lesson(section=section)
        course.refresh_from_db()
    return course


def put_on_shelf(*, lesson_titles: list[str] | None = None, **words: Any) -> Course:
    """Create a course that the catalog's search knows, with lessons of these titles."""
    course = create_course(**words)
    if lesson_titles:
        section = create_section(course=course)
        for title in lesson_titles:
            create_lesson(section=section, title=title)
    course.refresh_search()
    return course


def put_on_sale(
    course: Course,
    price_minor: int,
    *,
    starts_at: datetime | None = None,
    ends_at: datetime | None = None,
    sold_for: timedelta = timedelta(days=60),
) -> Course:
    """Put a course on sale that has cost its regular price for so long."""
    PricePoint.objects.filter(course=course).update(since=timezone.now() - sold_for)
    course.sale_price_minor = price_minor
    course.sale_starts_at = starts_at
    course.sale_ends_at = ends_at
    course.save()
    return course


def end_sale(course: Course) -> None:
    """Let the time of the sale be over, as the clock does: nobody saves the course."""
    now = timezone.now()
    Course.objects.filter(pk=course.pk).update(
        sale_starts_at=now - timedelta(days=9), sale_ends_at=now - timedelta(seconds=1)
    )


def create_bundle(
    *courses: Course,
    title: str = "",
    slug: str = "",
    price_minor: int = 5000,
    status: CourseStatus = CourseStatus.PUBLISHED,
) -> Bundle:
    """Create a bundle of these courses, in this order."""
    title = title or f"Bundle {next(_numbers)}"
    bundle = Bundle.objects.create(
        title=title,
        slug=slug or slugify(title),
        summary="Better together.",
        price_minor=price_minor,
        currency="usd",
        status=status,
    )
    BundleEntry.objects.bulk_create(
        BundleEntry(bundle=bundle, course=course, position=place)
        for place, course in enumerate(courses)
    )
    return bundle


def create_section(*, course: Course | None = None, title: str = "", summary: str = "") -> Section:
    """Create a section at the end of its course."""
    number = next(_numbers)
    return Section.objects.create(
        course=course or create_course(),
        title=title or f"Section {number}",
        summary=summary,
        position=number % 30_000,
    )


def create_lesson(
    *,
    section: Section | None = None,
    title: str = "",
    slug: str = "",
    body: str = "Read *this*.",
    minutes: int = 10,
    is_preview: bool = False,
    opens_after_days: int | None = None,
    opens_on: date | None = None,
) -> Lesson:
    """Create a lesson at the end of its section, and keep the course's totals."""
    number = next(_numbers)
    title = title or f"Lesson {number}"
    lesson = Lesson.objects.create(
        section=section or create_section(),
        title=title,
        slug=slug or slugify(title),
        body=body,
        minutes=minutes,
        is_preview=is_preview,
        opens_after_days=opens_after_days,
        opens_on=opens_on,
        position=number % 30_000,
    )
    lesson.section.course.recount()
    return lesson


def create_question(
    lesson: Lesson,
    *,
    text: str = "What holds?",
    kind: QuestionKind = QuestionKind.SINGLE,
    answers: str = "[x] A knot\n[ ] A wish",
    explanation: str = "Friction *does*.",
) -> Question:
    """Create a question at the end of its lesson."""
    return Question.objects.create(
        lesson=lesson,
        text=text,
        kind=kind,
        answers=answers,
        explanation=explanation,
        position=next(_numbers) % 30_000,
    )


def enroll(
    learner: User | None = None,
    *,
    course: Course | None = None,
    status: EnrollmentStatus = EnrollmentStatus.ACTIVE,
    source: EnrollmentSource = EnrollmentSource.STAFF,
    ends_at: datetime | None = None,
) -> Enrollment:
    """Give a learner a seat on a course, in whatever state it shall be."""
    if status == EnrollmentStatus.ENDED:
        ends_at = ends_at or timezone.now() + timedelta(seconds=1)
    if learner is None and status != EnrollmentStatus.UNCLAIMED:
        learner = create_learner()
    return Enrollment.objects.create(
        learner=learner,
        course=course or create_course(),
        status=status,
        source=source,
        ends_at=ends_at,
    )


def let_time_pass(seat: Enrollment, *, days: int) -> Enrollment:
    """Let so many days have passed since the seat began, by moving it into the past."""
    past = timedelta(days=days)
    Enrollment.objects.filter(pk=seat.pk).update(
        created_at=F("created_at") - past,
        starts_at=F("starts_at") - past,
        ends_at=F("ends_at") - past,
    )
    seat.refresh_from_db()
    return seat


def create_certificate(*, name: str = "", course: Course | None = None) -> Certificate:
    """Have somebody finish a course, and put a name on the certificate."""
    course = course or create_course(lessons=2)
    learner = enroll(course=course).learner
    assert learner
    complete(learner, *course.lessons.all())
    certificate = Certificate.objects.issue(learner, course)
    assert certificate
    certificate.bear(name)
    return certificate


def create_review(
    *,
    course: Course,
    learner: User | None = None,
    rating: int = 5,
    text: str = "",
    name: str = "Ada",
) -> Review:
    """Have somebody say what they think of a course."""
    learner = learner or create_learner()
    return Review.objects.write(learner, course, rating=rating, text=text, name=name)


def create_seat(*, course: Course | None = None) -> Enrollment:
    """Create a seat that nobody has claimed yet."""
    return Enrollment.objects.set_aside(course or create_course(), source=EnrollmentSource.GIFT)


def complete(learner: User, *lessons: Lesson) -> list[LessonProgress]:
    """Have the learner do the lessons."""
    return [LessonProgress.objects.create(learner=learner, lesson=lesson) for lesson in lessons]
