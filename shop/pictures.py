"""What pages need to know of a product's picture."""

from functools import lru_cache

from shop.models import ProductImage
from shop.types import ImageView


def show_picture(image: ProductImage, *, name: str) -> ImageView:
    """Return a picture as pages show it; `name` stands for one that has no text of its own."""
    small, medium, large = _find_addresses(image.file.name or "")
    return ImageView(url=image.file.url, alt=image.alt or name, small=small, medium=medium, large=large)


@lru_cache(maxsize=10_000)
def _find_addresses(file: str) -> tuple[str, str, str]:
    # They depend on the file's name alone, and take a while to work out.
    image = ProductImage(file=file)
    return image.small.url, image.medium.url, image.large.url
