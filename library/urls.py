"""Where the library is."""

from django.urls import path

from library.views import media
from library.views.certificate import certificate, certificate_name
from library.views.claim import claim
from library.views.course import course
from library.views.lesson import completion, lesson
from library.views.notes import note, notes, notes_file
from library.views.position import position
from library.views.preview import preview
from library.views.questions import ask, question
from library.views.quiz import quiz
from library.views.reviews import review, reviews
from library.views.search import search
from library.views.sharing import sharing
from library.views.shelf import shelf
from library.views.updates import updates

app_name = "library"

LESSON = "library/<slug:course_slug>/<slug:lesson_slug>/"

urlpatterns = [
    path("library/", shelf, name="shelf"),
    path("library/<slug:course_slug>/", course, name="course"),
    path("library/<slug:course_slug>/certificate/", certificate_name, name="certificate_name"),
    path("library/<slug:course_slug>/notes/", notes, name="notes"),
    path("library/<slug:course_slug>/notes.md", notes_file, name="notes_file"),
    path("library/<slug:course_slug>/updates/", updates, name="updates"),
    path("library/<slug:course_slug>/search/", search, name="search"),
    path("library/<slug:course_slug>/review/", review, name="review"),
    path("courses/<slug:course_slug>/reviews/", reviews, name="reviews"),
    path(LESSON, lesson, name="lesson"),
    path(f"{LESSON}note/", note, name="note"),
    path(f"{LESSON}completion/", completion, name="completion"),
    path(f"{LESSON}position/", position, name="position"),
    path(f"{LESSON}media/video/", media.video, name="video"),
    path(f"{LESSON}media/poster/", media.poster, name="poster"),
    path(f"{LESSON}media/captions/<str:language>/", media.captions, name="captions"),
    path(f"{LESSON}media/files/<int:pk>/", media.file, name="file"),
    path(f"{LESSON}media/files/", media.archive, name="archive"),
    path(f"{LESSON}quiz/", quiz, name="quiz"),
    path(f"{LESSON}questions/", ask, name="ask"),
    path(f"{LESSON}questions/<int:pk>/", question, name="question"),
    path("preview/<slug:course_slug>/", preview, name="preview"),
    path("sharing/<slug:course_slug>/", sharing, name="sharing"),
    path("certificates/<slug:code>/", certificate, name="certificate"),
    path("claim/<str:token>/", claim, name="claim"),
]
