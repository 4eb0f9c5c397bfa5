"""People at work in the browser: what one writes another sees, what rests on it follows, nothing is lost."""

from datetime import date, timedelta

import pytest
from playwright.sync_api import expect

from people import PASSWORD, code_of
from served import HERE, SUBJECTS

pytestmark = pytest.mark.browser
W = SUBJECTS[HERE]
TODAY = date.today()


def ago(days, clock=""):
    return (TODAY - timedelta(days=days)).isoformat() + clock


def dosed(kim, subject="C-01"):
    """A subject of whom everything up to the first dose is entered by hand."""
    kim.send("/subjects/new", subject=subject, consent__on=ago(70), person__on=ago(70),
             person__site=HERE, person__sex="M", person__birth_date="1955-03")  # fmt: skip
    kim.send(
        f"/subjects/{subject}/enter/visit?visit=screening", visit__on=ago(65),
        **{"lab~HGB__value": "128", "lab~PLAT__value": "220", "lab~NEUT__value": "3.5",
           "lab~NEUT__lower_limit": "1.8", "lab~CREAT__value": "80", "lab~ALT__value": "20",
           "ecog__score": "1"},
    )  # fmt: skip
    kim.send(
        f"/subjects/{subject}/enter/enrolment", fact__on=ago(62), fact__phase="escalation", fact__level="1"
    )
    kim.send(
        f"/subjects/{subject}/enter/dose", administration__on=ago(60, "T10:00"),
        administration__ended=ago(60, "T10:20"), dispensed__on=ago(60, "T09:30"),
        dispensed__activity_mbq="3750",
        dispensed__second_person="Li Na",
        **{"residual~syringe__on": ago(60, "T10:40"), "residual~syringe__activity_mbq": "21"},
    )  # fmt: skip


def counts(kim, day, neutrophils, subject="C-01"):
    kim.send(f"/subjects/{subject}/enter/visit?visit=unscheduled", visit__on=ago(day),
             **{"lab~NEUT__value": neutrophils})  # fmt: skip
    if kim.page.locator("#reason").count():
        kim.send("", reason="repeated by hand, and seen on the slide")
    assert "written=" in kim.page.url, kim.page.locator("main").inner_text()[:600]


def test_a_toxicity_moves_the_board_and_a_correction_makes_the_decision_stale(served, person):
    kim, chair = person("kim"), person("chair")
    board = chair.open("/board")
    kim.open(f"/screening?everybody=1&cell={W}:I2")
    dosed(kim)
    slot = board.locator(".slot", has_text="C-01")
    expect(slot).to_contain_text("pending", timeout=8000)  # by itself, on the page of another
    page = kim.open("/screening?everybody=1&cell=C-01:I1")
    before = page.locator("#cell").inner_text()
    page.locator("#cell tr", has_text="I1.b").locator("a", has_text="judge").click()
    kim.send("", fact__on=ago(61), fact__value="yes")
    after = kim.open("/screening?everybody=1&cell=C-01:I1").locator("#cell").inner_text()
    assert before != after and "Dr Kim" in after
    for day, value in ((48, "0.9"), (45, "0.3"), (41, "0.3"), (36, "0.35"), (30, "1.6")):
        counts(kim, day, value)
    expect(slot).to_contain_text("DLT", timeout=8000)
    expect(slot).to_contain_text("Grade 4 neutropenia")
    chair.open("/committee")
    chair.send("", step="", decision="suspend", by="Safety committee", password=PASSWORD,
               code=next_code(served, "chair"))  # fmt: skip
    decided = chair.page.locator("aside")
    expect(decided).to_contain_text("stands")
    kim.open("/subjects/C-01")
    kim.page.locator("figure", has_text="Neutrophils").locator("summary").click()
    kim.page.locator("figure", has_text="Neutrophils").locator("td a", has_text="0.3").first.click()
    kim.page.click("text=Correct it")
    kim.send("", step="check", fact__value="0.6", reason="read from the wrong line")
    assert "0.6" in kim.page.locator(".after").first.inner_text()
    kim.send("")
    assert "It stands" not in kim.page.locator(".answer").inner_text()
    expect(chair.open("/committee").locator("aside")).to_contain_text("stale")
    assert kim.wrong == chair.wrong == []


def next_code(served, login):
    """A code of the next step: the one of the login was used."""
    return code_of(served.house.seeds[login], lambda: served.house.clock() + timedelta(seconds=30))


def test_a_query_is_answered_closed_and_locked_data_refuse_a_change(person):
    kim, mona = person("kim"), person("mona")
    mona.open("/facts/W-01-consent").click("text=Ask about it")
    mona.send("", step="", text="Which version of the form?")
    address = mona.page.url
    kim.page.goto(address)
    kim.send("", step="answered", text="Version 2")
    mona.page.goto(address)
    mona.send("", step="closed")
    assert "closed" in mona.page.locator("h1").inner_text()
    mona.open(f"/review/{W}")
    mona.page.select_option("#step", "locked")
    with mona.page.expect_navigation():
        mona.page.click("main form.card button")
    assert mona.page.locator("[role=alert]").count() == 0
    kim.send(f"/subjects/{W}/enter/ecog", fact__on=ago(3), fact__score="1")
    assert "locked" in kim.page.locator("#faults").inner_text()
    assert kim.wrong == mona.wrong == []


def test_an_auditor_finds_who_changed_a_value_and_why_in_a_few_clicks(person):
    kim = person("kim")
    kim.open("/facts/W-01-consent/correct")
    kim.send("", fact__form_version="2.0", reason="the version was forgotten")
    aud = person("aud")
    clicks = 0
    for click in ("nav >> text=Audit trail", "[name=changed]", "text=Search", "td.w a >> nth=0"):
        aud.page.click(click)
        clicks += 1
    told = aud.page.locator("ol.steps").inner_text()
    assert clicks < 6 and "kim" in told and "the version was forgotten" in told and "2.0" in told
    assert aud.wrong == []


def test_two_at_the_same_visit_lose_nothing(person):
    kim, lee = person("kim"), person("lee")
    path = f"/subjects/{W}/enter/visit?visit=unscheduled"
    kim.open(path)
    lee.open(path)
    kim.send("", visit__on=ago(5), **{"lab~PSA__value": "12.5"})
    assert "/subjects/" in kim.page.url
    lee.send("", visit__on=ago(5), **{"lab~PSA__value": "13.1", "lab~HGB__value": "120"})
    told = lee.page.locator("[role=alert]").first.inner_text()
    assert "12.5" in told and "Dr Kim" in told
    assert lee.page.input_value("[name='lab-PSA.value']") == "13.1"
    lee.page.fill("[name='lab-PSA.value']", "")
    lee.send("")
    assert "written=" in lee.page.url
    trail = lee.open("/audit?kind=lab&words=PSA").locator("tbody").inner_text()
    assert "12.5" in trail and "13.1" not in trail
    assert kim.wrong == lee.wrong == []


def test_what_is_typed_is_kept_and_a_form_sent_twice_writes_once(person):
    kim = person("kim")
    path = f"/subjects/{W}/enter/ecog"
    page = kim.open(path)
    page.fill("[name='fact.on']", ago(4))
    page.fill("[name='fact.score']", "2")
    expect(page.locator("[data-draft-state]")).to_have_text("Kept as a draft.", timeout=5000)
    page = kim.open(path)
    assert page.input_value("[name='fact.score']") == "2"
    again = kim.context.new_page()
    again.goto(f"/t/trial{path}")
    kim.send("")
    assert "written=1" in kim.page.url
    with again.expect_navigation():
        again.click("main button[value='write']")  # the same form once more, as after a broken line
    assert "written=1" in again.url
    rows = kim.open(f"/audit?kind=ecog&subject={W}").locator("tbody tr")
    assert rows.count() == 1
    assert kim.open(path).input_value("[name='fact.score']") == ""
    assert kim.wrong == []


def test_what_cannot_be_stands_beside_its_field(person):
    kim = person("kim")
    page = kim.send(f"/subjects/{W}/enter/visit?visit=unscheduled", visit__on=ago(2),
                    **{"lab~HGB__value": "12,8", "ecog__score": "9"})  # fmt: skip
    assert page.locator("[name='lab-HGB.value']").get_attribute("aria-invalid") == "true"
    assert "decimal point" in page.locator("[id='lab-HGB.value-told']").inner_text()
    assert page.locator("[name='ecog.score']").get_attribute("aria-invalid") == "true"
    page.fill("[name='lab-HGB.value']", "128")
    page.fill("[name='ecog.score']", "1")
    kim.send("", step="check")
    assert "may be written" in page.locator("[role=status]").first.inner_text()
    assert kim.open(f"/audit?kind=lab&words=128&subject={W}").locator("tbody tr").count() == 0
    assert kim.wrong == []
