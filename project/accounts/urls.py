"""Where people sign in and look after their account: allauth's pages, some of them ours."""

from allauth.account import views as allauth_views
from allauth.account.decorators import reauthentication_required
from django.urls import include, path

from project.accounts import entrance, views
from project.htmx import same_origin_only

set_password = reauthentication_required(allauth_views.password_set, app="allauth.account")

# The first to match is taken: these stand before allauth's own.
urlpatterns = [
    path("", views.account_hub, name="account_hub"),
    path("login/", entrance.login),
    path("login/password/", entrance.login_by_password, name="account_login_by_password"),
    path("login/code/confirm/", entrance.confirm_login_code),
    path("login/code/", entrance.ask_again),
    # Its form is on every page, and would have each set a cookie for its token.
    path("logout/", same_origin_only(allauth_views.logout)),
    path("email/", entrance.refuse_by_status(allauth_views.email)),
    path("signup/", entrance.lead_in),
    path("reauthenticate/code/", views.reauthenticate, name="account_reauthenticate_by_code"),
    path("sessions/all/", views.sign_out_everywhere, name="account_sign_out_everywhere"),
    path("password/set/", set_password),
    path("2fa/", views.lead_to_hub),
    path("2fa/webauthn/", views.lead_to_hub),
    path("2fa/webauthn/add/", views.add_passkey),
    path("", include("allauth.urls")),
]
