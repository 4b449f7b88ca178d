"""Where the library is."""

from django.urls import path

from library.views.claim import claim
from library.views.course import course
from library.views.lesson import completion, lesson
from library.views.sharing import sharing
from library.views.shelf import shelf

app_name = "library"

urlpatterns = [
    path("library/", shelf, name="shelf"),
    path("library/<slug:course_slug>/", course, name="course"),
    path("library/<slug:course_slug>/<slug:lesson_slug>/", lesson, name="lesson"),
    path(
        "library/<slug:course_slug>/<slug:lesson_slug>/completion/",
        completion,
        name="completion",
    ),
    path("sharing/<slug:course_slug>/", sharing, name="sharing"),
    path("claim/<str:token>/", claim, name="claim"),
]
