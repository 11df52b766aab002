"""Addresses of the API."""

from django.urls import path, re_path

from shop.api.views import meta, orders, payments, points, products, tokens

app_name = "api"
urlpatterns = [
    path("products/", products.ProductsView.as_view(), name="products"),
    path("products/<str:slug>/", products.ProductDetailView.as_view(), name="product"),
    # SKUs may hold a slash.
    path("stock/<path:sku>/", products.StockView.as_view(), name="stock"),
    path("orders/", orders.OrdersView.as_view(), name="orders"),
    path("orders/<str:number>/", orders.OrderDetailView.as_view(), name="order"),
    path("orders/<str:number>/cancel/", orders.OrderCancellationView.as_view(), name="order-cancel"),
    path("orders/<str:number>/payments/", payments.OrderPaymentsView.as_view(), name="order-payments"),
    path("account/points/", points.PointsView.as_view(), name="points"),
    path("payments/webhooks/<str:gateway>/", payments.WebhookView.as_view(), name="webhook"),
    path("auth/token/", tokens.TokenView.as_view(), name="token"),
    path("problems/<str:code>", meta.ProblemTypeView.as_view(), name="problem"),
    path("schema/", meta.SchemaView.as_view(), name="schema"),
    path("docs/", meta.DocsView.as_view(), name="docs"),
    re_path("", meta.NowhereView.as_view(), name="nowhere"),
]
