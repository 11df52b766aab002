"""Every address of the site."""

from django.contrib import admin
from django.urls import include, path

from config import health
from shop.views.second_step import ActivateAppView

urlpatterns = [
    path("admin/", admin.site.urls),
    path("accounts/2fa/totp/activate/", ActivateAppView.as_view()),
    path("accounts/", include("allauth.urls")),
    path("api/v1/", include("shop.api.urls")),
    path("sandbox/", include("payments.gateways.sandbox.urls")),
    path("bank-transfer/", include("payments.gateways.bank_transfer.urls")),
    path("healthz", health.show_alive, name="healthz"),
    path("readyz", health.show_ready, name="readyz"),
    path("metrics", health.show_metrics, name="metrics"),
    path("", include("shop.urls")),
]

# Problem documents under /api/, pages everywhere else.
handler400 = "shop.api.fallbacks.handle_bad_request"
handler404 = "shop.api.fallbacks.handle_not_found"
handler500 = "shop.api.fallbacks.handle_server_error"
