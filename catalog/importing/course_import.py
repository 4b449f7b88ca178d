"""One course on its way from its folder into the database."""

from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.utils.text import slugify

from catalog.checklist import remarks_on
from catalog.importing.differences import describe_difference
from catalog.importing.folder import CourseText, LessonText, SectionText
from catalog.importing.front_matter import InvalidCourseFolder, line_of_key
from catalog.importing.illustrations import Illustrations
from catalog.importing.lesson_media import put_media
from catalog.importing.report import Report
from catalog.models import (
    Course,
    CourseStatus,
    Instructor,
    InvalidTransition,
    Lesson,
    Question,
    Section,
    Topic,
)
from catalog.pictures import InvalidPicture
from catalog.pictures.illustrations import digest_of
from catalog.pictures.keeping import encode_picture
from catalog.pictures.reading import read_picture

# Fields that the front matter calls something else.
KEYS = {
    "source_id": "id",
    "price_minor": "price",
    "sale_price_minor": "sale_price",
    "bio": "instructor_bio",
}
# Rows that the import itself puts in place, and what the search keeps: nothing to check in them.
OTHERS = {"course", "section", "lesson", "instructor", "search", "topic_pks", "words"}


class CourseImport:
    """The import of one course, within its caller's transaction."""

    def __init__(self, text: CourseText) -> None:
        self.text = text
        self.report = Report(title=text.values["title"])
        self._moved = 0
        self._has_other_lessons = False
        self._is_called_otherwise = False

    def run(self) -> Report:
        """Make the database say what the folder says. Raise ``InvalidCourseFolder`` if it can't."""
        self._course = self._put_course()
        self._illustrations = Illustrations(self._course, self.text.pictures, self.report)
        self._put_topics()
        self._put_cover()
        has_other_pictures = self._illustrations.put()
        self._remove_lessons()
        self._lessons = self._imported_lessons()
        self._free_slugs()
        for section_text in self.text.sections:
            section = self._put_section(section_text)
            for lesson_text in section_text.lessons:
                self._put_lesson(lesson_text, section)
        self._remove_sections()
        if self._moved:
            self.report.changes.append(f"~ {self._moved} in another place among their neighbors")
        if self._has_other_lessons:
            self._course.recount()
        if has_other_pictures or self._is_called_otherwise:
            self._course.render_again()
        self._remark()
        return self.report

    def _remark(self) -> None:
        """Report what the course lacks. Refuse to list one without what is a must."""
        remarks = remarks_on(self._course)
        musts = [remark.text for remark in remarks if remark.is_must]
        if musts and self._course.status == CourseStatus.PUBLISHED:
            problem = f"status: It cannot be published like this. {' '.join(musts)}"
            raise InvalidCourseFolder(self.text.path, problem)
        self.report.remarks += [remark.text for remark in remarks]

    # The course and what it points to

    def _put_course(self) -> Course:
        courses = Course.objects.select_for_update()
        course = courses.filter(source_id=self.text.id).first()
        self.report.is_new = course is None
        if course is None:
            course = Course(source_id=self.text.id, status=self.text.status or CourseStatus.DRAFT)
        self._refuse_taken_slug(course)
        values = {**self.text.values, "instructor": self._put_instructor()}
        self._refuse_dear_sale({**vars(course), **values})
        before = course.slug, course.language
        self._put(course, values, path=self.text.path, name="course")
        self._is_called_otherwise = before != (course.slug, course.language)
        self._move(course)
        return course

    def _refuse_taken_slug(self, course: Course) -> None:
        taken = Course.objects.filter(slug=self.text.slug).exclude(pk=course.pk).first()
        if taken:
            problem = f"The slug “{taken.slug}” is taken by “{taken}”, a course with another id."
            raise InvalidCourseFolder(self.text.path, problem)

    def _refuse_dear_sale(self, values: dict[str, Any]) -> None:
        """Refuse a price that is no higher than that of a sale which the folder leaves alone."""
        sale_price = values["sale_price_minor"]
        if sale_price is not None and sale_price >= values["price_minor"] >= 0:
            problem = "price: The course's sale in the shop is not lower. Change the sale first."
            raise InvalidCourseFolder(self.text.path, problem)

    def _put_instructor(self) -> Instructor:
        instructor = Instructor.objects.filter(name=self.text.instructor).first()
        if instructor is None:
            instructor = Instructor(name=self.text.instructor)
        # A folder that says nothing about them leaves what is known.
        bio = self.text.instructor_bio or instructor.bio
        self._put(instructor, {"bio": bio}, path=self.text.path, name=f"instructor “{instructor}”")
        return instructor

    def _move(self, course: Course) -> None:
        """Give the course the status that the folder names, by the verb for it."""
        if self.text.status is None or course.status == self.text.status:
            return
        verbs = {
            CourseStatus.PUBLISHED: course.publish,
            CourseStatus.UNLISTED: course.unlist,
            CourseStatus.ARCHIVED: course.archive,
        }
        old = course.get_status_display()
        try:
            if self.text.status not in verbs:
                raise InvalidTransition(f"“{course}” cannot become a draft again.")
            verbs[self.text.status]()
        except InvalidTransition as error:
            raise InvalidCourseFolder(self.text.path, f"status: {error}") from error
        self.report.changes.append(f"~ status {old} → {course.get_status_display()}")

    def _put_cover(self) -> None:
        """Show the folder's picture. Without one, what was uploaded in the admin stays.

        Its files are written at the end, because what is taken back must not have been there.
        """
        if self.text.cover is None:
            return
        if digest_of(self.text.cover.read_bytes()) == self._course.picture:
            return  # as export_course wrote it
        try:
            with self.text.cover.open("rb") as file:
                picture = encode_picture(read_picture(file, Course.SHAPE), Course.SHAPE)
        except InvalidPicture as error:
            raise InvalidCourseFolder(self.text.cover, str(error)) from error
        if picture.kept.digest != self._course.picture:
            self._course.show_picture(picture.kept)
            transaction.on_commit(picture.write)
            self.report.changes.append(f"~ cover {self.text.cover.name}")

    def _put_topics(self) -> None:
        topics = {self._find_topic(name) for name in self.text.topics}
        if topics == set(self._course.topics.all()):
            return
        self._course.topics.set(topics)
        if not self.report.is_new:
            names = ", ".join(sorted(topic.name for topic in topics))
            self.report.changes.append(f"~ topics: {names or 'none'}")

    def _find_topic(self, name: str) -> Topic:
        topic = Topic.objects.filter(name__iexact=name).first()
        if topic is None:
            topic = Topic(slug=_free_topic_slug(name))
            self._put(topic, {"name": name}, path=self.text.path, name=f"topic “{name}”")
        return topic

    # The outline

    def _remove_lessons(self) -> None:
        """Remove lessons that are gone from the folder, unless something refers to them.

        They are locked before we look, so that nobody marks one as done in between.
        """
        ids = [lesson.id for section in self.text.sections for lesson in section.lessons]
        imported = Lesson.objects.filter(course=self._course, source_id__isnull=False)
        for lesson in imported.exclude(source_id__in=ids).select_for_update():
            if _is_referred_to(lesson):
                self.report.kept.append(f"lesson “{lesson}”")
                continue
            lesson.delete()
            self._has_other_lessons = True
            self.report.changes.append(f"- lesson “{lesson}”")

    def _imported_lessons(self) -> dict[str | None, Lesson]:
        lessons = Lesson.objects.filter(course=self._course, source_id__isnull=False)
        return {lesson.source_id: lesson for lesson in lessons.select_related("section")}

    def _free_slugs(self) -> None:
        """Take away the slugs of lessons that get others, so that two may exchange theirs."""
        for section in self.text.sections:
            for text in section.lessons:
                lesson = self._lessons.get(text.id)
                if lesson and lesson.slug != text.values["slug"]:
                    Lesson.objects.filter(pk=lesson.pk).update(slug=f"~{lesson.pk}")

    def _put_section(self, text: SectionText) -> Section:
        section = Section.objects.filter(course=self._course, source_id=text.id).first()
        if section is None:
            section = Section(course=self._course, source_id=text.id)
        name = f"section “{text.values['title']}”"
        self._put(section, text.values, path=text.path, name=name)
        return section

    def _put_lesson(self, text: LessonText, section: Section) -> None:
        lesson = self._lessons.get(text.id) or Lesson(course=self._course, source_id=text.id)
        if lesson.slug != text.values["slug"]:
            self._refuse_taken_lesson_slug(text)
        values = {**text.values, "section": section}
        name = f"lesson “{text.values['title']}”"
        if self._put(lesson, values, path=text.path, name=name):
            self._has_other_lessons = True
        if media := put_media(lesson, text.media):
            self.report.changes.append(f"~ {name}: {', '.join(media)}")
        self._put_questions(lesson, text)

    def _put_questions(self, lesson: Lesson, text: LessonText) -> None:
        """Ask what the folder asks. A question keeps its row by its place."""
        known = list(lesson.questions.all())
        told = [tuple(values.items()) for values in text.questions]
        names = ("position", "kind", "text", "answers", "explanation")
        if [tuple((name, getattr(row, name)) for name in names) for row in known] == told:
            return
        for row in known[len(told) :]:
            row.delete()
        for at, values in enumerate(text.questions):
            row = known[at] if at < len(known) else Question(lesson=lesson)
            _save(row, values, text.path)
        if not self.report.is_new:
            self.report.changes.append(f"~ questions of lesson “{lesson}”: {len(told)}")

    def _refuse_taken_lesson_slug(self, text: LessonText) -> None:
        slug = text.values["slug"]
        taken = Lesson.objects.filter(course=self._course, slug=slug).first()
        if taken:
            problem = f"The slug “{slug}” is that of “{taken}”, which is not in the folder."
            raise InvalidCourseFolder(text.path, problem)

    def _remove_sections(self) -> None:
        """Remove sections that are gone from the folder, unless a lesson is left in them."""
        ids = [section.id for section in self.text.sections]
        imported = Section.objects.filter(course=self._course, source_id__isnull=False)
        for section in imported.exclude(source_id__in=ids):
            if section.lessons.exists():
                self.report.kept.append(f"section “{section}”")
                continue
            section.delete()
            self.report.changes.append(f"- section “{section}”")

    # Any row

    def _put(self, record: models.Model, values: dict[str, Any], *, path: Path, name: str) -> bool:
        """Give a row these values; return whether it differed. One that does not is not saved."""
        if record.pk is None:
            self.report.changes.append(f"+ {name}")
            _save(record, values, path)
            return True
        differing = {key: value for key, value in values.items() if getattr(record, key) != value}
        if not differing:
            return False
        told = [
            describe_difference(record, key, getattr(record, key), value)
            for key, value in differing.items()
            if key != "position"
        ]
        if told:
            self.report.changes.append(f"~ {name}: {', '.join(told)}")
        else:
            self._moved += 1
        _save(record, differing, path)
        return True


def _save(record: models.Model, values: dict[str, Any], path: Path) -> None:
    for key, value in values.items():
        setattr(record, key, value)
    try:
        record.clean_fields(exclude=OTHERS)
    except ValidationError as error:
        key, messages = next(iter(error.message_dict.items()))
        name = KEYS.get(key, key)
        problem = f"{name}: {messages[0]}"
        raise InvalidCourseFolder(path, problem, line=line_of_key(path, name)) from error
    record.save()


def _is_referred_to(lesson: Lesson) -> bool:
    """Return whether any other table has a row for the lesson, such as somebody's progress.

    Which tables there are is not the catalog's to know; its own hold parts of the lesson.
    """
    return any(
        relation.related_model._base_manager.filter(**{relation.field.name: lesson}).exists()
        for relation in Lesson._meta.related_objects
        if relation.related_model._meta.app_label != Lesson._meta.app_label
    )


def _free_topic_slug(name: str) -> str:
    """Return a slug of its own, also for names that differ only in signs, such as C and C++."""
    base = slug = slugify(name)[:50] or "topic"
    number = 1
    while Topic.objects.filter(slug=slug).exists():
        number += 1
        slug = f"{base}-{number}"
    return slug
