"""The tree of categories, walked for a page. A shop has few enough of them to be read whole."""

from collections import defaultdict
from collections.abc import Sequence

from shop.search.words import split_query, split_text
from shop.types import CategoryView


def list_crumbs(category: CategoryView | None, categories: Sequence[CategoryView]) -> list[CategoryView]:
    """Return the way to a category from the top, itself included."""
    by_id = {other.id: other for other in categories}
    crumbs: list[CategoryView] = []
    # The database cannot forbid a circle, so no category is visited twice.
    while category is not None and category not in crumbs:
        crumbs.insert(0, category)
        category = by_id.get(category.parent_id) if category.parent_id else None
    return crumbs


def list_branch(category: CategoryView, categories: Sequence[CategoryView]) -> frozenset[int]:
    """Return the ids of a category and of all below it."""
    children: dict[int | None, list[int]] = defaultdict(list)
    for other in categories:
        children[other.parent_id].append(other.id)
    branch, found = set(), [category.id]
    while found:
        if (current := found.pop()) not in branch:
            branch.add(current)
            found += children[current]
    return frozenset(branch)


def list_shelves(
    query: str, category: CategoryView | None, categories: Sequence[CategoryView]
) -> list[CategoryView]:
    """Return the categories to go on to: those below this one, or those whose name a search finds."""
    if category is not None or not query:
        parent_id = category.id if category else None
        return [other for other in categories if other.parent_id == parent_id]
    wanted = [term.term for term in split_query(query)]
    return [other for other in categories if wanted and _is_named(other, wanted)]


def _is_named(category: CategoryView, wanted: Sequence[str]) -> bool:
    terms = split_text(category.name)
    return all(any(term.startswith(start) for term in terms) for start in wanted)
