"""Links between pages, checked before they are shown.

What belongs here: links as templates take them. What does not: which pages there are.
"""

from collections.abc import Mapping, Sequence

from lulc_assets.core.figures.embedding import check_href
from lulc_assets.core.pages.content import Link


def view_links(links: Sequence[Link]) -> list[Mapping[str, str]]:
    """Checked links as the templates take them."""
    return [{"label": link.label, "href": check_href(link.href)} for link in links]
