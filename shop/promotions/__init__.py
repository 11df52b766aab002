"""What takes something off a basket: promotions by themselves, a coupon by its code."""
