"""Why somebody's wish cannot be noted."""


class RestockRefused(Exception):
    """A wish that is not noted."""


class InStock(RestockRefused):
    """There is no need: it can be bought."""


class TooManyRequests(RestockRefused):
    """This address waits for so much already that somebody else may have typed it in."""
