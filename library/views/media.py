"""What a lesson has to look at, to listen to and to keep. Each asks first who wants it."""

import mimetypes
from collections.abc import Callable, Iterator
from functools import wraps
from typing import Concatenate

from django.http import Http404, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_safe
from zipstream import ZipStream

from catalog.models import Caption, Lesson, LessonFile, Video
from catalog.models.media import safe_name
from library.access import can_open, can_view
from library.guests import viewer_of
from library.media import deliver
from library.views.door import find_lesson, personal, turn_away
from project.htmx import HtmxRequest

CHUNK = 256 * 1024  # bytes

type _Shown[**P] = Callable[Concatenate[HtmxRequest, Lesson, P], HttpResponseBase]
type _View[**P] = Callable[Concatenate[HtmxRequest, str, str, P], HttpResponseBase]


def _of_lesson[**P](show: _Shown[P]) -> _View[P]:
    """Have a view called with the lesson, and only for who may see it."""

    @require_safe
    @personal
    @wraps(show)
    def view(
        request: HtmxRequest,
        course_slug: str,
        lesson_slug: str,
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> HttpResponseBase:
        lesson = find_lesson(request, course_slug, lesson_slug)
        viewer = viewer_of(request)
        if not can_view(lesson, viewer):
            if can_open(lesson.course, viewer):
                raise Http404("The lesson has yet to open.")
            return turn_away(request, lesson.course)
        return show(request, lesson, *args, **kwargs)

    return view  # type: ignore[return-value]  # decorators of Django lose the parameters


@_of_lesson
def video(request: HtmxRequest, lesson: Lesson) -> HttpResponseBase:
    """Play the lesson's video."""
    video = get_object_or_404(Video.objects.exclude(file=""), lesson=lesson)
    return deliver(request, video.file, content_type=video.content_type, seconds=video.seconds)


@_of_lesson
def poster(request: HtmxRequest, lesson: Lesson) -> HttpResponseBase:
    """Show what stands for the video before it plays."""
    video = get_object_or_404(Video.objects.exclude(poster=""), lesson=lesson)
    return deliver(request, video.poster, content_type="image/webp")


@_of_lesson
def captions(request: HtmxRequest, lesson: Lesson, language: str) -> HttpResponseBase:
    """Send what is said in the video, in one language."""
    caption = get_object_or_404(Caption, lesson=lesson, language=language)
    return HttpResponse(caption.text, content_type="text/vtt; charset=utf-8")


@_of_lesson
def file(request: HtmxRequest, lesson: Lesson, pk: int) -> HttpResponseBase:
    """Download a file that comes with the lesson."""
    file = get_object_or_404(LessonFile, lesson=lesson, pk=pk)
    kind, encoding = mimetypes.guess_type(file.name)
    content_type = "application/octet-stream" if encoding or not kind else kind
    return deliver(request, file.file, content_type=content_type, download_as=file.name)


@_of_lesson
def archive(request: HtmxRequest, lesson: Lesson) -> HttpResponseBase:
    """Download all files of the lesson as one archive, which is made while it is sent."""
    files = list(LessonFile.objects.filter(lesson=lesson))
    if not files:
        raise Http404("There are no files.")
    name = safe_name(f"{lesson.course.slug}-{lesson.slug}.zip")
    headers = {"Content-Disposition": content_disposition_header(True, name) or "attachment"}
    if request.method == "HEAD":
        return HttpResponse(content_type="application/zip", headers=headers)
    return StreamingHttpResponse(_zipped(files), content_type="application/zip", headers=headers)


def _zipped(files: list[LessonFile]) -> Iterator[bytes]:
    """Yield an archive; what files hold is read only when its turn comes."""
    stream = ZipStream(sized=False)
    for name, file in zip(_distinct(file.name for file in files), files, strict=True):
        stream.add(_contents(file), name)
    yield from stream


def _distinct(names: Iterator[str]) -> list[str]:
    """Return the names, each once also where capitals count for nothing."""
    taken: set[str] = set()
    distinct = []
    for name in map(safe_name, names):
        stem, dot, suffix = name.rpartition(".")
        free, number = name, 1
        while free.casefold() in taken:
            number += 1
            free = f"{stem}-{number}{dot}{suffix}" if stem else f"{suffix}-{number}"
        taken.add(free.casefold())
        distinct.append(free)
    return distinct


def _contents(file: LessonFile) -> Iterator[bytes]:
    with file.file.storage.open(str(file.file.name)) as kept:
        while chunk := kept.read(CHUNK):
            yield chunk
