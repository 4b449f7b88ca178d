"""Where people sign in: allauth's pages, behind one entrance for new and old alike."""

from allauth.account import views as allauth_views
from django.urls import include, path

from project.accounts import views

# The first to match is taken: these stand before allauth's own.
urlpatterns = [
    path("login/", views.refuse_by_status(views.keep_next(allauth_views.login))),
    path(
        "login/code/confirm/",
        views.refuse_by_status(views.keep_next(allauth_views.confirm_login_code)),
    ),
    path("email/", views.refuse_by_status(allauth_views.email)),
    path("login/code/", views.ask_again),
    path("signup/", views.entrance),
    path("password/<path:rest>", views.entrance),
    path("", include("allauth.urls")),
]
