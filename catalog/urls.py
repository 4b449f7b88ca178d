"""Where the catalog is."""

from django.urls import path

from catalog import views

app_name = "catalog"

urlpatterns = [
    path("", views.course_list, name="course_list"),
    path("courses/<slug:slug>/", views.course_detail, name="course_detail"),
    path("covers/<slug:slug>/<int:hue>-<slug:digest>.svg", views.cover, name="cover"),
]
