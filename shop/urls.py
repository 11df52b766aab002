"""Addresses of the web shop."""

from django.contrib.sitemaps import views as sitemaps
from django.urls import path, re_path

from shop.sitemaps import SITEMAPS, show_robots
from shop.views import account, cart, catalogue, checkout, language, media, orders, restock, waiting_room

app_name = "shop"

# Numbers and tokens have one shape; anything else is a 404 before a view looks at it.
_ORDER = r"^orders/(?P<number>[0-9A-Z]{13})/(?P<token>[0-9a-f]{40})/"
_ADDRESS = r"^account/addresses/(?P<address_id>[0-9]{1,18})/"

urlpatterns = [
    path("", catalogue.show_home, name="home"),
    path("products/", catalogue.list_products, name="product_list"),
    path("products/<str:slug>/", catalogue.show_product, name="product"),
    path("products/<str:slug>/restock/", restock.ask_restock, name="ask_restock"),
    path("categories/<str:slug>/", catalogue.show_category, name="category"),
    path("sales/<int:sale_id>/", catalogue.show_sale, name="sale"),
    path("cart/", cart.show_cart, name="cart"),
    path("cart/add/", cart.add_to_cart, name="add_to_cart"),
    path("cart/fit/", cart.fit_cart, name="fit_cart"),
    path("cart/coupon/", cart.use_coupon, name="coupon"),
    path("cart/estimate/", cart.estimate, name="estimate"),
    re_path(r"^cart/lines/(?P<variant_id>[0-9]{1,18})/$", cart.change_quantity, name="change_quantity"),
    path("checkout/", checkout.show_checkout, name="checkout"),
    path("checkout/waiting/", waiting_room.show_waiting_room, name="waiting_room"),
    path("checkout/waiting/place/", waiting_room.show_place, name="waiting_place"),
    re_path(_ORDER + "$", orders.show_order, name="order"),
    re_path(_ORDER + "status/$", orders.show_order_status, name="order_status"),
    re_path(_ORDER + "invoice/$", orders.show_invoice, name="invoice"),
    re_path(_ORDER + "pay/$", orders.pay, name="pay"),
    re_path(_ORDER + "pay/status/$", orders.show_payment_status, name="pay_status"),
    re_path(_ORDER + "cancel/$", orders.cancel, name="cancel_order"),
    path("account/orders/", orders.list_orders, name="order_list"),
    re_path(r"^account/orders/(?P<number>[0-9A-Z]{13})/$", orders.open_own_order, name="own_order"),
    path("robots.txt", show_robots, name="robots"),
    path(
        "sitemap.xml",
        sitemaps.index,
        {"sitemaps": SITEMAPS, "sitemap_url_name": "shop:sitemap_section"},
        name="sitemap",
    ),
    re_path(
        r"^sitemap-(?P<section>[a-z]+)\.xml$",
        sitemaps.sitemap,
        {"sitemaps": SITEMAPS},
        name="sitemap_section",
    ),
    path("account/addresses/", account.show_addresses, name="addresses"),
    path("account/addresses/add/", account.add_address, name="add_address"),
    re_path(_ADDRESS + "$", account.edit_address, name="edit_address"),
    re_path(_ADDRESS + "first/$", account.choose_first_address, name="choose_address"),
    re_path(_ADDRESS + "delete/$", account.delete_address, name="delete_address"),
    path("account/points/", account.show_points, name="points"),
    path("account/data/", account.show_data, name="account_data"),
    path("account/data/download/", account.download_data, name="download_data"),
    path("account/delete/", account.close_account, name="close_account"),
    # Browsers ask for it on pages that name no icon, such as the gateway's.
    path("favicon.ico", media.redirect_to_icon),
    path("language/", language.choose_language, name="language"),
    path("media/<path:path>", media.serve_media, name="media"),
]
