"""Every address of the shop, and those that only a benchmark asks for."""

from django.urls import path

from config.benchmark.views import DoNothingView, do_nothing
from config.urls import handler400, handler404, handler500
from config.urls import urlpatterns as shop_urlpatterns

__all__ = ["handler400", "handler404", "handler500", "urlpatterns"]

# Below /api/ so that they pass through whatever the API's requests pass through.
urlpatterns = [
    path("api/nothing/", DoNothingView.as_view()),
    path("api/nothing-but-django/", do_nothing),
    *shop_urlpatterns,
]
