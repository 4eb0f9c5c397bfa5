"""The report in a real browser: no script, no request, no fault, nothing wider than the page."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from galu.desk.run import run_trial
from report.trial_folder import make_trial

pytestmark = pytest.mark.browser
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")


@pytest.fixture(scope="module")
def page_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("page")
    make_trial(folder / "t")
    return run_trial(folder / "t", folder / "r")


@pytest.mark.skipif(CHROMIUM is None, reason="no chromium: apt-get install chromium")
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1200])
def test_page_opens_clean(page_path: Path, scheme: str, width: int) -> None:
    sync_api = pytest.importorskip("playwright.sync_api")
    said: list[str] = []
    asked: list[str] = []
    with sync_api.sync_playwright() as p:
        browser = p.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
        page.on("console", lambda message: said.append(message.text))
        page.on("pageerror", lambda error: said.append(str(error)))
        page.on("request", lambda request: asked.append(request.url))
        page.goto(page_path.as_uri())
        wide = page.evaluate("document.documentElement.scrollWidth")
        drawn = page.evaluate(
            "[...document.querySelectorAll('svg')].map(s => s.getBoundingClientRect().height)"
        )
        banner = page.locator(".banner").inner_text()
        browser.close()
    assert said == []
    assert asked == [page_path.as_uri()]
    assert wide <= width
    assert drawn and min(drawn) > 50
    assert "SIMULATED" in banner
