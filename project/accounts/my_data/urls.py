"""Where people look after their data."""

from django.urls import path

from project.accounts.my_data import views

app_name = "accounts"

urlpatterns = [
    path("data/", views.my_data, name="my_data"),
    path("data/export/", views.export, name="export"),
    path("data/archive/", views.archive, name="archive"),
    path("data/deletion/", views.deletion, name="deletion"),
]
