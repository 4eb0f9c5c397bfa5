"""The site builds without a warning, finds its words, loads nothing from elsewhere; a broken link ends it."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from support import ROOT

build = pytest.importorskip("sphinx.cmd.build")


def built(pages: Path, site: Path) -> int:
    return int(build.main(["-E", "-W", "--keep-going", "-q", str(pages), str(site)]))


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A folder with the settings of the site, and no page yet."""
    (tmp_path / "src" / "galu").mkdir(parents=True)
    shutil.copy(ROOT / "src" / "galu" / "__init__.py", tmp_path / "src" / "galu")
    (tmp_path / "docs").mkdir()
    shutil.copy(ROOT / "docs" / "conf.py", tmp_path / "docs")
    return tmp_path


def test_the_site_builds(home: Path) -> None:
    shutil.copytree(ROOT / "docs", home / "docs", dirs_exist_ok=True)
    site = home / "site"
    assert built(home / "docs", site) == 0
    pages = sorted(site.rglob("*.html"))
    assert len(pages) > 30
    index = (site / "searchindex.js").read_text(encoding="utf-8")
    assert "rolling" in index and "thrombocytopenia" in index
    loaded = re.compile(
        r"<(?:script|img)[^>]*src=.(?:https?:)?//|<link rel=.stylesheet.[^>]*href=.(?:https?:)?//"
    )
    assert not [page for page in pages if loaded.search(page.read_text(encoding="utf-8"))]


@pytest.mark.parametrize("link", ["[x](other.md)", "[x](index.md#nowhere)", "![x](picture.png)"])
def test_a_broken_link_ends_the_build(home: Path, link: str) -> None:
    page = home / "docs" / "index.md"
    page.write_text("# A page\n\n[here](#a-page)\n", encoding="utf-8")
    assert built(home / "docs", home / "site") == 0
    page.write_text(f"# A page\n\n{link}\n", encoding="utf-8")
    assert built(home / "docs", home / "site") != 0
