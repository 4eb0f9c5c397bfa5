"""Every page in a real browser: nothing the policy forbids, no complaint, nothing that axe finds serious."""

from datetime import date, timedelta

import pytest

from served import HERE, SUBJECTS

pytestmark = pytest.mark.browser
W = SUBJECTS[HERE]
PAGES = [
    "/", "/board", "/screening", "/screening?everybody=1&cell=W-01:I1", "/subjects",
    f"/subjects/{W}", "/committee",
    "/queries", "/review", f"/review/{W}", "/audit", "/facts/W-01-consent", "/facts/W-01-consent/correct",
    f"/subjects/{W}/enter/visit", f"/subjects/{W}/enter/dose", f"/subjects/{W}/enter/event",
    f"/subjects/{W}/enter/any", f"/subjects/{W}/enter/lab", "/subjects/new", "/queries/new",
    "/results/safety", "/results/exposure", "/results/dosimetry", "/results/pharmacokinetics",
    "/results/efficacy",
]  # fmt: skip


#: Images that show nothing; those further down load when they are asked for.
_UNDRAWN = """async () => {
  const all = [...document.images];
  await Promise.all(all.map(one => { one.loading = 'eager'; return one.decode().catch(() => {}); }));
  return all.filter(one => !one.naturalWidth).map(one => one.src);
}"""


def serious(page):
    from axe_playwright_python.sync_playwright import Axe

    found = Axe().run(page).response["violations"]
    return [
        (one["id"], [node["html"][:160] for node in one["nodes"]][:3])
        for one in found
        if one["impact"] in ("serious", "critical")
    ]


@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 820)])
def test_every_page_is_clean(served, person, scheme, width):
    served.house.add("all", "coordinator", "investigator", "data-manager", "monitor", totp=False)
    one = person("all", color_scheme=scheme)
    one.page.set_viewport_size({"width": width, "height": 900})
    faults = []
    for path in PAGES:
        page = one.open(path)
        faults += [(path, fault) for fault in serious(page)]
        faults += [(path, f"{one} is not drawn") for one in page.evaluate(_UNDRAWN)]
        wide = page.evaluate("document.documentElement.scrollWidth")
        faults += [(path, f"{wide} wide")] if wide > width else []
    assert faults == []
    assert one.wrong == []


def test_the_door_is_clean_and_leads_back(person):
    one = person()
    page = one.page
    page.goto(f"/t/trial/subjects/{W}?as_of={date.today() - timedelta(days=1)}")
    assert "/login?next=" in page.url
    assert serious(page) == []
    page.fill("#login", "kim")
    page.fill("#password", "not it")
    page.click("form[action='/login'] button")
    assert page.locator("[role=alert]").inner_text().startswith("galu:")
    page.fill("#password", "gravel-Otter plays 7 cellos")
    page.click("form[action='/login'] button")
    assert f"/subjects/{W}?as_of=" in page.url
    assert page.locator(".past").is_visible()
    page.click("text=Log out")
    assert page.goto("/t/trial/board").url.find("/login") > 0
    assert one.wrong == []


def test_every_page_reads_without_javascript(person):
    one = person("kim", java_script_enabled=False)
    for path in ("/", "/board", f"/subjects/{W}", f"/subjects/{W}/enter/visit", "/screening"):
        page = one.open(path)
        assert page.locator("h1").inner_text()
        assert page.locator("main").inner_text().strip()


def test_chinese_holds_after_a_form_is_sent(person):
    one = person("kim", locale="zh-CN")
    page = one.open("/board")
    assert page.locator("h1").inner_text().startswith("看板")
    page = one.send(f"/subjects/{W}/enter/lab", fact__test="HGB", fact__on="nonsense")
    assert page.locator("h1").inner_text().startswith("实验室检查")
    page.click("button[lang=en]")
    assert page.locator("html").get_attribute("lang") == "en"
    assert one.wrong == []


def test_an_account_sees_its_sites_alone(served, person):
    served.house.add("here", "coordinator", sites=[HERE], totp=False)
    one = person("here")
    shown = one.open("/subjects").locator("main").inner_text()
    assert "W-01" in shown and "X-01" not in shown
    assert one.page.goto("/t/trial/subjects/X-01").status == 404
    assert one.page.goto("/t/trial/facts/X-01-consent").status == 404
    assert "X-01" not in one.open("/audit").locator("main").inner_text()
