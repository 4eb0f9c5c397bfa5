"""Every text of the pages is there in every language; one that is not, or that bypasses gettext, fails."""

import re
from pathlib import Path

import pytest
from babel.messages.extract import extract_from_dir
from jinja2 import Environment

import galu
from galu.desk import decide
from galu.desk.data_management import MARKS, STEPS
from galu.desk.forms.fields import part
from galu.desk.forms.sheets import PANELS, writable
from galu.record import KINDS
from galu.record.conduct import MEANINGS
from galu.web.words import LANGUAGES, catalogue, environment, in_words, language_of, read_catalogue

HERE = Path(galu.__file__).parent
_KEYWORDS = {"_": None, "gettext": None, "ngettext": (1, 2), "say": None, "mark": None}
_METHODS = [("web/pages/**.py", "python"), ("desk/**.py", "python"), ("web/templates/**.html", "jinja2")]
_LOUD = {"web/templates/**.html": {"silent": "false"}}
OTHERS = [tag for tag in LANGUAGES if tag != "en"]


def messages():
    """What the code and the templates say."""
    found = set()
    for _, _, said, _, _ in extract_from_dir(HERE, _METHODS, options_map=_LOUD, keywords=_KEYWORDS):
        found.add(said if isinstance(said, str) else said[0])
    return found


def words_of_forms():
    """What forms say that are made from the kinds of facts: labels, choices, hints, kinds."""
    for kind in writable():
        for field in part("fact", kind).fields:
            yield from (field.label, *field.options, *([field.hint] if field.hint else []))
    yield from (kind.replace("_", " ") for kind in KINDS)
    yield from (*PANELS, "vitals", "ecog", "ct", "bone-scan", "pet", "survival")
    yield from (*MARKS, *STEPS, *decide.KINDS, *MEANINGS, *MEANINGS.values(), "raised")
    yield from ("entered", "expected", "overdue", "missing", "not done", "unscheduled")


@pytest.mark.parametrize("language", OTHERS)
def test_every_message_is_translated(language):
    words = catalogue(language).words
    said = messages() | set(words_of_forms())
    assert len(said) > 500
    assert sorted(one for one in said if not words.get(one)) == []


@pytest.mark.parametrize("language", OTHERS)
def test_a_translation_keeps_the_places_of_its_message(language):
    places = re.compile(r"%\((\w+)\)s|%%")
    for message, words in catalogue(language).words.items():
        if message not in ("%(num)s",):
            assert sorted(places.findall(message)) == sorted(places.findall(words)), message


#: Words that are the same in every language.
_NAMES = re.compile(r"galu|user add|LOGIN|--name|NAME|MBq|GBq|Gy|CTCAE|G\b|Wh")


def bare_text(source):
    """Words of a template that no gettext sees: what is left without tags, attributes and expressions."""
    lexed = Environment(extensions=["jinja2.ext.i18n"]).lex(source)
    text = "".join(text if kind == "data" else "\0" for _, kind, text in lexed)
    text = re.sub(r'[\w-]+="[^"]*"|[\w-]+=\'[^\']*\'', "", text)
    for piece in re.split(r"<[^>]*>|\0+", text):
        if re.search(r"[A-Za-z]{2,}", _NAMES.sub("", piece)):
            yield piece.strip()


@pytest.mark.parametrize("path", sorted((HERE / "web/templates").glob("*.html")), ids=lambda one: one.name)
def test_no_template_says_anything_beside_gettext(path):
    assert list(bare_text(path.read_text(encoding="utf-8"))) == []


def test_bare_text_is_found():
    assert list(bare_text("<p class=x>Hello</p>{{ _('Good') }}")) == ["Hello"]
    assert list(bare_text("<a href=\"{{ page.to('/x') }}\">{{ word }}</a>")) == []


def test_a_catalogue_is_read_with_long_and_plural_messages():
    text = (
        'msgid "one"\nmsgid_plural "many"\nmsgstr[0] "甲"\n\nmsgid ""\n"long "\n"text"\nmsgstr "乙"\n"丙"\n'
    )
    assert read_catalogue(text) == {"one": "甲", "long text": "乙丙"}


def test_languages_do_not_mix():
    chinese, english = (environment(tag).from_string("{{ _('Today') }}") for tag in ("zh-CN", "en"))
    assert (chinese.render(), english.render()) == ("今日", "Today")
    assert in_words("as derived", "zh-CN") == "as derived"


@pytest.mark.parametrize(
    ("asked", "accepted", "found"),
    [
        (None, "", "en"),
        (None, "fr-CH, fr;q=0.9", "en"),
        (None, "zh-Hans-CN,zh;q=0.9", "zh-CN"),
        ("en", "zh-CN", "en"),
        ("zh-CN", "en", "zh-CN"),
        ("xx", "en-GB", "en"),
    ],
)
def test_the_language_is_chosen(asked, accepted, found):
    assert language_of(asked, accepted) == found
