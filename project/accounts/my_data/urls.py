"""Where people look after their data, and the mail they get."""

from django.urls import path

from project.accounts.mail_preferences import mail_preferences, mail_stop
from project.accounts.my_data import views

app_name = "accounts"

urlpatterns = [
    path("data/", views.my_data, name="my_data"),
    path("data/export/", views.export, name="export"),
    path("data/archive/", views.archive, name="archive"),
    path("data/deletion/", views.deletion, name="deletion"),
    path("mail/", mail_preferences, name="mail_preferences"),
    path("mail/stop/<str:token>/", mail_stop, name="mail_stop"),
]
