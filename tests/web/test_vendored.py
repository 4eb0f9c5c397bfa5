"""What others wrote and the pages use is as published, with its licence; nothing comes from elsewhere."""

import hashlib
import json
import re
from pathlib import Path

import galu

STATIC = Path(galu.__file__).parent / "web" / "static"
TEMPLATES = STATIC.parent / "templates"


def test_every_vendored_file_is_the_published_one():
    rows = json.loads((STATIC / "vendor/vendored.json").read_text(encoding="utf-8"))
    for row in rows:
        content = (STATIC / "vendor" / row["file"]).read_bytes()
        assert hashlib.sha256(content).hexdigest() == row["sha256"], row["file"]
        assert row["version"] in row["file"]
        assert (STATIC / "vendor" / row["licence_file"]).stat().st_size > 300
    known = {row["file"] for row in rows} | {row["licence_file"] for row in rows} | {"vendored.json"}
    assert {one.name for one in (STATIC / "vendor").iterdir()} == known


def test_no_page_asks_another_host_or_brings_a_script_of_its_own():
    for path in [*TEMPLATES.glob("*.html"), *STATIC.glob("*.js"), *STATIC.glob("*.css")]:
        text = path.read_text(encoding="utf-8")
        assert not re.search(r"(?:src|href|url\()\s*=?\s*[\"']?(?:https?:)?//", text), path.name
        if path.suffix == ".html":
            assert not re.search(r"\sstyle=|\son\w+=|hx-on|javascript:|<style", text), path.name
            assert not re.search(r"<script(?![^>]*\ssrc=)", text), path.name
        if path.suffix == ".js":
            assert not re.search(r"\beval\(|new Function|innerHTML", text), path.name
