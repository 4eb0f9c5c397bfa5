"""The report in a real browser: no script, no request, no fault, nothing wider than the page."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from galu.desk.run import run_trial
from galu.record.conduct import Decision
from galu.record.disease import AdverseEvent
from galu.record.people import Consent
from galu.record.treatment import Enrolment
from report.trial_folder import day, make_trial

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def page_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("page")
    make_trial(folder / "t")
    return run_trial(folder / "t", folder / "r")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1200])
def test_page_opens_clean(chromium: Any, page_path: Path, scheme: str, width: int) -> None:
    said: list[str] = []
    asked: list[str] = []
    page = chromium.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("request", lambda request: asked.append(request.url))
    page.goto(page_path.as_uri())
    wide = page.evaluate("document.documentElement.scrollWidth")
    drawn = page.evaluate("[...document.querySelectorAll('svg')].map(s => s.getBoundingClientRect().height)")
    banner = page.locator(".banner").inner_text()
    page.close()
    assert said == []
    assert asked == [page_path.as_uri()]
    assert wide <= width
    assert drawn and min(drawn) > 50
    assert "SIMULATED" in banner


#: What sticks out of the page, boxes that go on without saying so, and links that lead nowhere.
_LOOK = """() => {
  const wide = document.documentElement.clientWidth, out = [], quiet = [];
  for (const one of document.body.querySelectorAll('*')) {
    const box = one.closest('.scroll');
    if ((box && box !== one) || one.matches('.watermark')) continue;
    const seen = one.getBoundingClientRect();
    const cut = one !== box && one.scrollWidth > one.clientWidth + 1 && one.clientWidth > 0;
    if (seen.right > wide + 1 || seen.left < -1 || cut) out.push(one.tagName + '.' + one.className);
  }
  for (const box of document.querySelectorAll('.scroll')) {
    const hint = box.querySelector('.hint').getBoundingClientRect().height > 4;
    if (hint !== box.scrollWidth > box.clientWidth) quiet.push(box.getAttribute('aria-label'));
  }
  const links = [...document.querySelectorAll('a[href^="#"]')].map(a => a.getAttribute('href').slice(1));
  return {
    page: document.documentElement.scrollWidth, out, quiet,
    dead: links.filter(to => !document.getElementById(to)), links: links.length,
    order: [...document.querySelectorAll('main > section')].map(s => [s.id, s.getBoundingClientRect().top]),
  };
}"""


@pytest.fixture(scope="module")
def long_page_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A trial in which an event, a signer and a subject have one very long word for a name."""
    folder = tmp_path_factory.mktemp("long")
    trial = make_trial(folder / "t")
    word = "Donaudampfschifffahrtselektrizitaetenhauptbetriebswerkbauunterbeamtengesellschaft" * 2
    subject = "site-0000000001-patient-000000000000000000000000001"
    told = [
        Consent(id="cl", subject=subject, on=day(85)),
        Enrolment(id="el", subject=subject, on=day(86), phase="escalation", level=1),
        AdverseEvent(id="long", subject="P", on=day(12), term=word, soc=word, grade=None),
        Decision(id="dl", on=day(90), decision="suspend", by=word),
    ]
    trial.store.append(told, [datetime.fromisoformat(f"{day(91)}T10:00:00+00:00")] * len(told))
    return run_trial(folder / "t", folder / "r")


@pytest.mark.parametrize("width", [1280, 820, 390])
def test_nothing_is_cut_off_and_every_link_leads_somewhere(
    chromium: Any, long_page_path: Path, width: int
) -> None:
    page = chromium.new_page(viewport={"width": width, "height": 900})
    page.goto(long_page_path.as_uri())
    seen = page.evaluate(_LOOK)
    page.close()
    assert seen["page"] <= width
    assert (seen["out"], seen["quiet"], seen["dead"]) == ([], [], [])
    assert seen["links"] > 20
    ids = [name for name, _ in seen["order"]]
    assert ids[:3] == ["glance", "open", "board"] and ids[-1] == "assumed"
    tops = [top for _, top in seen["order"]]
    assert tops == sorted(tops)
