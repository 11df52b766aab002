"""Addresses of the sandbox provider."""

from django.urls import path

from payments.gateways.sandbox import views

app_name = "sandbox"
urlpatterns = [path("pay/<str:reference>/", views.pay, name="pay")]
