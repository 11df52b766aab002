"""Addresses of the page that says where to send the money."""

from django.urls import path

from payments.gateways.bank_transfer import views

app_name = "bank_transfer"
urlpatterns = [path("<str:token>/", views.pay, name="pay")]
