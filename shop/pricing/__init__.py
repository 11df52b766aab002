"""What a basket costs: the one place that the pages, the cart's estimate and the API ask."""
