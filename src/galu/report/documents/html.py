"""HTML of a set: a self-contained page for each table and listing, where every number leads to its facts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from importlib.resources import files
from typing import Final

from jinja2 import Environment, PackageLoader, select_autoescape
from markupsafe import Markup

from galu.report.documents.frame import Frame
from galu.results import Page, Row

INDEX: Final = "index.html"
_STYLES: Final = ("templates/report.css", "templates/set.css")


def name_of(page: Page) -> str:
    """File name of a page."""
    return f"{page.kind[0]}-{page.number}.html"


def as_html(pages: Iterable[Page], frame: Frame) -> Iterator[tuple[str, str]]:
    """File name and text of each page, and of the index."""
    every = tuple(pages)
    environment = Environment(
        loader=PackageLoader("galu.report"),
        autoescape=select_autoescape(default=True),
        trim_blocks=True,
        lstrip_blocks=True,
    )
    style = Markup("".join(files("galu.report").joinpath(one).read_text(encoding="utf-8") for one in _STYLES))
    index = environment.get_template("set_index.html")
    yield INDEX, index.render(pages=every, frame=frame, style=style, name=name_of)
    template = environment.get_template("set_page.html")
    for page in every:
        numbers = {id(row): n for n, row in enumerate(page.rows)}

        def number(row: Row, numbers: dict[int, int] = numbers) -> int:
            return numbers[id(row)]

        yield name_of(page), template.render(page=page, frame=frame, style=style, row_number=number)
