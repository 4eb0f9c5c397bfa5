"""The words of the pages: gettext, with one Jinja environment for each language.

The message is the English text; a catalogue is read from its `.po` file as it is. What the rules of a trial
say (reasons, criteria, deviations) is part of the results, and is shown as it was derived.
"""

from __future__ import annotations

import ast
import gettext
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.resources import files
from typing import Final

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from galu.desk.page_words import Said
from galu.report.blocks import text_of

#: Languages by their tag, each in its own words.
LANGUAGES: Final[dict[str, str]] = {"en": "English", "zh-CN": "简体中文"}
_CATALOGUES: Final = {"zh-CN": "zh_CN.po"}


class Catalogue(gettext.NullTranslations):
    """Translations of one language; a message that is not there stays English."""

    def __init__(self, words: Mapping[str, str]) -> None:
        super().__init__()
        self.words = dict(words)

    def gettext(self, message: str) -> str:
        """The message in the language."""
        return self.words.get(message) or message

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        """The same for a number; Chinese has one form."""
        found = self.words.get(msgid1)
        return found or (msgid1 if n == 1 else msgid2)


def read_catalogue(text: str) -> dict[str, str]:
    """Messages of a `.po` file and their translations.

    >>> read_catalogue('msgid "Today"\\nmsgstr "今天"')
    {'Today': '今天'}
    """
    return {message: words for message, words in _entries(text) if message}


def _entries(text: str) -> Iterator[tuple[str, str]]:
    found = {"msgid": "", "msgstr": ""}
    at = ""
    for line in (*text.splitlines(), 'msgid ""'):
        word, _, rest = line.partition(" ")
        if word == "msgid" and found["msgid"]:
            yield found["msgid"], found["msgstr"]
        if word == "msgid":
            found = {"msgid": "", "msgstr": ""}
        if word in ("msgid", "msgstr", "msgstr[0]"):
            at, line = word.partition("[")[0], rest
        elif not line.startswith('"'):
            at = ""
        if at and line.startswith('"'):
            found[at] += ast.literal_eval(line)


@cache
def catalogue(language: str) -> Catalogue:
    """The catalogue of a language."""
    name = _CATALOGUES.get(language)
    if name is None:
        return Catalogue({})
    return Catalogue(read_catalogue(files("galu.web").joinpath(f"locale/{name}").read_text(encoding="utf-8")))


@cache
def environment(language: str) -> Environment:
    """Templates that speak a language; nothing that is missing passes for empty."""
    made = Environment(
        loader=PackageLoader("galu.web"),
        autoescape=select_autoescape(default=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
    )
    made.install_gettext_translations(catalogue(language), newstyle=True)  # type: ignore[attr-defined]
    made.filters["cell"] = text_of
    made.filters["said"] = lambda said: in_words(said, language)
    return made


def in_words(said: Said | str, language: str) -> str:
    """A sentence of the desk in a language."""
    if isinstance(said, str):
        return said
    text = catalogue(language).gettext(said.text)
    return text % {name: in_words(value, language) for name, value in said.values.items()}


def language_of(asked: str | None, accepted: str) -> str:
    """The language chosen, else the first of a browser's `Accept-Language` that there is, else English.

    >>> language_of(None, "zh-TW,zh;q=0.9,en;q=0.8"), language_of("en", "zh"), language_of(None, "fr")
    ('zh-CN', 'en', 'en')
    """
    if asked in LANGUAGES:
        return asked
    for part in accepted.split(","):
        tag = part.partition(";")[0].strip().casefold()
        for known in LANGUAGES:
            if tag and known.casefold().partition("-")[0] == tag.partition("-")[0]:
                return known
    return "en"
