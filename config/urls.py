"""Every address of the site."""

from django.contrib import admin
from django.urls import include, path

urlpatterns = [
    path("admin/", admin.site.urls),
    path("accounts/", include("allauth.urls")),
    path("api/v1/", include("shop.api.urls")),
    path("sandbox/", include("payments.gateways.sandbox.urls")),
    path("", include("shop.urls")),
]
