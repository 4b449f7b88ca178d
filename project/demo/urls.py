"""Where the demo's mailbox is."""

from django.urls import path

from project.demo import views

app_name = "demo"

urlpatterns = [
    path("mailbox/", views.mailbox, name="mailbox"),
    path("mailbox/list/", views.mail_list, name="mail_list"),
    path("mailbox/newest/", views.newest_mail, name="newest_mail"),
    path("authenticator/", views.authenticator, name="authenticator"),
    path("mailbox/<int:pk>/", views.mail, name="mail"),
]
