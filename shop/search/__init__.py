"""Finding products: by words and SKUs, by option, price and availability."""
