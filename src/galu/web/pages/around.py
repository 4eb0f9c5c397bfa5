"""What stands around every page: addresses, navigation, language, who looks; and how a page is rendered."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any, Final
from urllib.parse import quote, urlencode

from fastapi import Request
from fastapi.responses import HTMLResponse

from galu.access import Action
from galu.desk.pages.look import Look
from galu.finding import InputError
from galu.web.door import Visit
from galu.web.words import LANGUAGES, catalogue, environment, language_of

#: Cookie of the language; who comes again reads the one that was chosen.
LANGUAGE: Final = "galu-language"


def mark(text: str) -> str:
    """A text that is translated where it is shown."""
    return text


@dataclass(frozen=True, slots=True)
class Link:
    """One line of the navigation."""

    path: str
    word: str
    current: bool
    count: int = 0
    wait: bool = False


#: Group, path, word, and the action that the page needs.
_PAGES: Final[tuple[tuple[str, tuple[tuple[str, str, Action], ...]], ...]] = (
    ("", (
        ("/", mark("Today"), "read-board"),
        ("/board", mark("Board"), "read-board"),
        ("/screening", mark("Screening"), "read"),
        ("/subjects", mark("Subjects"), "read"),
        ("/committee", mark("Committee"), "read-board"),
    )),
    (mark("Results so far"), (
        ("/results/safety", mark("Safety"), "read-report"),
        ("/results/exposure", mark("Exposure"), "read-report"),
        ("/results/dosimetry", mark("Dosimetry"), "read-report"),
        ("/results/pharmacokinetics", mark("Pharmacokinetics"), "read-report"),
        ("/results/efficacy", mark("Efficacy"), "read-report"),
    )),
    (mark("Data"), (
        ("/queries", mark("Queries"), "read-board"),
        ("/review", mark("Review and lock"), "read-board"),
        ("/audit", mark("Audit trail"), "read-history"),
    )),
)  # fmt: skip


@dataclass(frozen=True)
class Page:
    """The surroundings of one page; addresses keep the day that is looked at."""

    request: Request
    visit: Visit | None = None
    look: Look | None = None

    @cached_property
    def language(self) -> str:
        """The language of the page."""
        return language_of(
            self.request.cookies.get(LANGUAGE), self.request.headers.get("accept-language", "")
        )

    @property
    def languages(self) -> tuple[tuple[str, str], ...]:
        """Every language with its own name."""
        return tuple(LANGUAGES.items())

    def say(self, message: str) -> str:
        """A message in the language of the page."""
        return catalogue(self.language).gettext(message)

    @property
    def root(self) -> str:
        """Where the pages of no trial begin."""
        return ""

    @property
    def trial(self) -> str:
        """Where the pages of the trial begin."""
        return "" if self.visit is None else f"/t/{quote(self.visit.served.name)}"

    @property
    def path(self) -> str:
        """The address of this page without what follows the question mark."""
        return quote(self.request.url.path)

    @property
    def here(self) -> str:
        """The address of this page."""
        asked = self.request.url.query
        return f"{self.path}?{asked}" if asked else self.path

    @property
    def now(self) -> str:
        """The same page today."""
        rest = [(name, value) for name, value in self.request.query_params.multi_items() if name != "as_of"]
        return f"{self.path}?{urlencode(rest)}" if rest else self.path

    @property
    def events(self) -> str:
        """The stream that tells of a changed record."""
        return f"{self.trial}/events"

    def static(self, name: str) -> str:
        """The address of a file that every page uses."""
        return f"/static/{name}"

    def to(self, path: str, **asked: object) -> str:
        """The address of a page of the trial, on the day that is looked at."""
        told = {name: str(value) for name, value in asked.items() if value not in (None, "")}
        if self.look is not None and self.look.is_past:
            told["as_of"] = self.look.day.isoformat()
        return f"{self.trial}{path}" + (f"?{urlencode(told)}" if told else "")

    @property
    def user(self) -> str:
        """Who looks."""
        return "" if self.visit is None else self.visit.who.name

    @property
    def csrf(self) -> str:
        """What a form shows that it comes from here."""
        return "" if self.visit is None else self.visit.visitor.csrf

    @cached_property
    def nav(self) -> tuple[tuple[str, tuple[Link, ...]], ...]:
        """Groups of links to what whoever looks may see."""
        if self.visit is None:
            return ()
        here = self.request.url.path.removeprefix(f"/t/{self.visit.served.name}") or "/"
        groups = []
        for name, pages in _PAGES:
            links = tuple(
                Link(path, self.say(word), here == path or (path != "/" and here.startswith(path + "/")),
                     self._open_queries if path == "/queries" else 0, True)
                for path, word, action in pages
                if self.visit.may(action)
            )  # fmt: skip
            if links:
                groups.append((self.say(name) if name else "", links))
        return tuple(groups)

    @cached_property
    def _open_queries(self) -> int:
        if self.look is None:
            return 0
        asked = self.look.state.data.queries
        return sum(one.state != "closed" and self.look.sees(one.subject) for one in asked)


def render(page: Page, template: str, title: str, status: int = 200, **values: Any) -> HTMLResponse:
    """A page in the language of whoever asks; `title` is a message."""
    made = environment(page.language).get_template(template)
    text = made.render(page=page, look=page.look, title=page.say(title), **_tables(page.say), **values)
    return HTMLResponse(text, status)


#: Codes of the desk as people read them.
GROUPS: Final = {
    "dose proposed": mark("dose proposed"), "held": mark("held"), "to be judged": mark("to be judged"),
    "overdue": mark("overdue"), "due": mark("due"), "screening": mark("screening"),
    "to be recorded": mark("to be recorded"), "to be corrected": mark("to be corrected"),
}  # fmt: skip
STATES: Final = {"open": mark("open"), "answered": mark("answered"), "closed": mark("closed")}
DATA_STATES: Final = {
    "open": mark("open"), "reviewed": mark("reviewed"), "signed": mark("signed"), "frozen": mark("frozen"),
    "locked": mark("locked"),
}  # fmt: skip
OUTCOMES: Final = {
    "none": mark("no DLT"), "dlt": mark("DLT"), "pending": mark("pending"), "replaced": mark("not evaluable"),
    "free": mark("free"),
}  # fmt: skip
VERDICTS: Final = {
    "yes": mark("met"), "no": mark("not met"), "unk": mark("not known"), "later": mark("asked later"),
}  # fmt: skip
GATES: Final = {"screening": mark("screening"), "enrolment": mark("enrolment"), "dose": mark("dose")}
POLARITIES: Final = {"inclusion": mark("inclusion"), "exclusion": mark("exclusion")}
TESTS: Final = {
    "PLAT": mark("Platelets"), "NEUT": mark("Neutrophils"), "HGB": mark("Haemoglobin"), "PSA": mark("PSA"),
    "CREAT": mark("Creatinine"), "ALT": mark("ALT"), "AST": mark("AST"), "BILI": mark("Bilirubin"),
    "WBC": mark("White blood cells"), "LYM": mark("Lymphocytes"), "ALB": mark("Albumin"),
    "ALP": mark("Alkaline phosphatase"), "UREAN": mark("Urea nitrogen"), "LDH": mark("LDH"),
    "TESTOS": mark("Testosterone"), "SYSBP": mark("Systolic blood pressure"),
    "DIABP": mark("Diastolic blood pressure"), "PULSE": mark("Pulse"), "TEMP": mark("Temperature"),
    "WEIGHT": mark("Weight"), "K": mark("Potassium"), "SODIUM": mark("Sodium"), "CA": mark("Calcium"),
}  # fmt: skip
_TABLES: Final[dict[str, Mapping[str, str]]] = {
    "groups": GROUPS, "states": STATES, "data_states": DATA_STATES, "outcomes": OUTCOMES,
    "verdicts": VERDICTS, "gates": GATES, "polarities": POLARITIES, "tests": TESTS,
}  # fmt: skip


def _tables(say: Callable[[str], str]) -> dict[str, dict[str, str]]:
    return {name: {code: say(word) for code, word in table.items()} for name, table in _TABLES.items()}


def kind_in_words(kind: str) -> str:
    """A kind of fact as people read it."""
    return kind.replace("_", " ")


def day_asked(text: str, name: str = "as_of") -> date | None:
    """The day of an address; None where none is given.

    Raises
    ------
    InputError
        When it is no day.
    """
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise InputError(name, f"{text!r} is no day", "write it as 2026-01-31") from None
