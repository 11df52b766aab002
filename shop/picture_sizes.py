"""Pictures in the sizes pages show them in, as WebP.

They are made when a picture is saved, so that no page waits for one. `manage.py generateimages` makes those
that are missing, after media files were restored without them.
"""

from imagekit.models import ImageSpecField
from imagekit.processors import ResizeToFit, Transpose


def make_size(width: int) -> ImageSpecField:
    """Return the field of a picture's version that is at most so many pixels wide."""
    return ImageSpecField(
        source="file",
        # As it was held, which a camera only notes down.
        processors=[Transpose(), ResizeToFit(width=width, upscale=False)],
        format="WEBP",
        # The quicker of the ways to pack it: a few per cent larger.
        options={"quality": 80, "method": 2},
    )
