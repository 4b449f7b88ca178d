"""Where the catalog is."""

from django.urls import path, re_path

from catalog.feeds import NewCourses
from catalog.views.bundle_detail import bundle_detail
from catalog.views.course_detail import course_detail
from catalog.views.course_list import course_list
from catalog.views.covers import cover
from catalog.views.pictures import picture, uploaded

app_name = "catalog"

urlpatterns = [
    path("", course_list, name="course_list"),
    path("courses/<slug:slug>/", course_detail, name="course_detail"),
    path("feed/", NewCourses(), name="feed"),
    path("bundles/<slug:slug>/", bundle_detail, name="bundle_detail"),
    path("covers/<slug:slug>/<int:hue>-<slug:digest>.svg", cover, name="cover"),
    path("covers/<slug:slug>/<slug:digest>.png", picture, name="picture"),
    re_path(
        r"^media/(?P<folder>covers|people|lessons)/(?P<name>[0-9a-f]{16}-[0-9]{3,4}\.webp)$",
        uploaded,
        name="uploaded",
    ),
]
