"""Where everything is. The table of URLs is in the README."""

from django.conf import settings
from django.contrib import admin
from django.urls import include, path

from project.language_switch import language

urlpatterns = [
    path("", include("catalog.urls")),
    path("", include("checkout.urls")),
    path("", include("library.urls")),
    path("accounts/", include("project.accounts.urls")),
    path("admin/", admin.site.urls),
    path("language/", language, name="language"),
]

if settings.SANDBOX:
    urlpatterns += [path("sandbox/", include("checkout.sandbox.urls"))]

if settings.DEMO:
    urlpatterns += [path("demo/", include("project.demo.urls"))]

handler400 = "project.errors.bad_request"
handler403 = "project.errors.permission_denied"
handler404 = "project.errors.page_not_found"
handler429 = "project.errors.too_many_requests"  # allauth asks for it
handler500 = "project.errors.server_error"
