"""Where everything is. The table of URLs is in the README."""

from django.conf import settings
from django.contrib import admin
from django.contrib.sitemaps.views import sitemap
from django.urls import include, path

from catalog.sitemaps import SITEMAPS
from project import discovery

urlpatterns = [
    path("", include("catalog.urls")),
    path("", include("checkout.urls")),
    path("", include("library.urls")),
    path("accounts/", include("project.accounts.urls")),
    path("account/", include("project.accounts.my_data.urls")),
    path("admin/", admin.site.urls),
    path("robots.txt", discovery.robots, name="robots"),
    path("manifest.webmanifest", discovery.manifest, name="manifest"),
    path("favicon.ico", discovery.favicon, name="favicon"),
    path("sitemap.xml", sitemap, {"sitemaps": SITEMAPS}, name="sitemap"),
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
