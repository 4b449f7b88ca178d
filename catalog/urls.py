"""Where the catalog is."""

from django.urls import path

from catalog.feeds import NewCourses
from catalog.views.course_detail import course_detail
from catalog.views.course_list import course_list
from catalog.views.covers import cover

app_name = "catalog"

urlpatterns = [
    path("", course_list, name="course_list"),
    path("courses/<slug:slug>/", course_detail, name="course_detail"),
    path("feed/", NewCourses(), name="feed"),
    path("covers/<slug:slug>/<int:hue>-<slug:digest>.svg", cover, name="cover"),
]
