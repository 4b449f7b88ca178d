"""Where the library is."""

from django.urls import path

from library import views

app_name = "library"

urlpatterns = [
    path("library/", views.shelf, name="shelf"),
    path("library/<slug:course_slug>/", views.course, name="course"),
    path("library/<slug:course_slug>/<slug:lesson_slug>/", views.lesson, name="lesson"),
    path(
        "library/<slug:course_slug>/<slug:lesson_slug>/completion/",
        views.completion,
        name="completion",
    ),
    path("claim/<str:token>/", views.claim, name="claim"),
]
