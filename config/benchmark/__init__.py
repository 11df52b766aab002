"""Measuring the shop over HTTP: a load generator, the web server it is pointed at, a view to compare with."""
