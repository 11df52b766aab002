"""What products are found by. Derived from the catalogue, written only by `shop.search.indexing`."""

from typing import ClassVar, Final

from django.db import models

# Indexed whole, in four bytes for each character.
TERM_LENGTH: Final = 40
NAME_LENGTH: Final = 100


class SearchTerm(models.Model):
    """A word, a two-character piece of Chinese, or a SKU by which a product is found.

    The key begins with the term: a look-up of whole terms or of their beginnings reads one range of it.
    """

    pk = models.CompositePrimaryKey("term", "product_id")
    # Lower case without accents already; compared byte by byte.
    term = models.CharField(max_length=TERM_LENGTH, db_collation="utf8mb4_bin")
    # The foreign key is in the migration: the database deletes these rows with their product.
    product = models.ForeignKey(
        "shop.Product", on_delete=models.DO_NOTHING, db_constraint=False, related_name="+"
    )

    class Meta:
        app_label = "shop"

    def __str__(self) -> str:
        return self.term


class VariantOption(models.Model):
    """One option of a variant that can be bought, such as its size: what lists are narrowed by.

    Names and values compare as people do, without case: "size: m" and "Size: M" are one option.
    """

    pk = models.CompositePrimaryKey("name", "value", "variant_id")
    name = models.CharField(max_length=NAME_LENGTH)
    value = models.CharField(max_length=NAME_LENGTH)
    # Foreign keys as above.
    variant = models.ForeignKey(
        "shop.Variant", on_delete=models.DO_NOTHING, db_constraint=False, related_name="+"
    )
    product = models.ForeignKey(
        "shop.Product", on_delete=models.DO_NOTHING, db_constraint=False, db_index=False, related_name="+"
    )

    class Meta:
        app_label = "shop"
        indexes: ClassVar = [models.Index(fields=["product", "name", "value"], name="variantoption_product")]

    def __str__(self) -> str:
        return f"{self.name}: {self.value}"
