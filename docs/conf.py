"""The site of the documentation: `make docs` builds it; a link that leads nowhere ends the build."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from pygments.lexers.special import TextLexer

_VERSION = (Path(__file__).parent.parent / "src" / "galu" / "__init__.py").read_text(encoding="utf-8")

project = "galu"
release = re.findall(r'__version__ = "(.*)"', _VERSION)[0]
copyright = "the authors of galu"
extensions = ["myst_parser"]
source_suffix = {".rst": "restructuredtext", ".md": "markdown"}
exclude_patterns = ["dev"]
myst_heading_anchors = 4
nitpicky = True
html_theme = "alabaster"
html_title = f"galu {release}"
html_theme_options = {
    "description": "Runs a radioligand-therapy trial from the registry record to the results",
    "page_width": "1080px",
    "sidebar_width": "240px",
    "fixed_sidebar": True,
    "show_powered_by": False,
}
html_show_sourcelink = False
html_copy_source = False


def setup(app: Any) -> None:
    """Tables of the pages are shown as they are."""
    app.add_lexer("csv", TextLexer)
