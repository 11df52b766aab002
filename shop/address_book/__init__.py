"""The addresses customers keep, to choose from at the checkout."""
