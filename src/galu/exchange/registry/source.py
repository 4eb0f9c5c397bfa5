"""A file that holds a registry record: its encoding, its layout, and the one record that is meant."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from galu.exchange.registry.older import as_present
from galu.finding import InputError
from galu.foreign import require_plain

#: Numbers of the registries that are read, at ClinicalTrials.gov first.
NUMBER: Final = re.compile(
    r"NCT\d{8}|ChiCTR[-A-Z]*\d{8,10}|CTR\d{8}|ISRCTN\d{8}|20\d{2}-\d{6}-\d{2}(?:-\d{2})?"
)
_MARKS: Final = (
    (b"\xef\xbb\xbf", "utf-8-sig"),
    (b"\xff\xfe\x00\x00", "utf-32"),
    (b"\x00\x00\xfe\xff", "utf-32"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
)
_HANZI: Final = r"\u3400-\u9fff"
_GIVE: Final = "give registry page text or API v2 JSON"


def read_source(path: Path, number: str | None = None) -> dict[str, Any] | str:
    """The record that a file holds, in the shape of API v2; or the text of a page.

    Parameters
    ----------
    number
        Which record is meant, where the file holds several.

    Raises
    ------
    InputError
        When the file is not text in a known encoding, is broken JSON, or holds no record or several.
    """
    require_plain(path)
    try:
        data = path.read_bytes()
    except OSError as fault:
        raise InputError(str(path), f"cannot be read ({fault.strerror})", "give an existing file") from None
    text = decode(data, str(path))
    if re.match(r"\s*<(?:\?xml|!doctype|html|clinical_study)\b", text, re.I):
        raise InputError(str(path), "is the code of a page or XML", _GIVE)
    if not text.lstrip().startswith(("{", "[")):
        return text
    parsed = _parsed(text, path)
    try:
        studies = list(_studies(parsed))
    except RecursionError:
        raise InputError(str(path), "is nested too deeply", "download the record again") from None
    return _chosen(studies, number, str(path))


def decode(data: bytes, place: str) -> str:
    """Text of UTF-8, UTF-16, UTF-32 or GB18030, by its mark or by what it can only be."""
    named = next((encoding for mark, encoding in _MARKS if data.startswith(mark)), None)
    tried = (named,) if named else (*_without_mark(data), "utf-8", "gb18030")
    for encoding in tried:
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if encoding != "gb18030" or _is_chinese(text):
            return text.replace("\x00", "")
    raise InputError(place, "is no text in UTF-8, UTF-16 or GB18030", "save the file as UTF-8")


def _without_mark(data: bytes) -> tuple[str, ...]:
    """UTF-16 without a mark: every other byte of its ASCII is zero."""
    head = data[:4000]
    low, high = head[1::2].count(0), head[::2].count(0)
    if max(low, high) * 5 < len(head):
        return ()
    return ("utf-16-le",) if low > high else ("utf-16-be",)


def _is_chinese(text: str) -> bool:
    """Whether words came out, not single signs between letters as of an accented Western text."""
    alone = len(re.findall(rf"(?<![{_HANZI}])[{_HANZI}](?![{_HANZI}])", text))
    together = len(re.findall(rf"[{_HANZI}]{{2,}}", text))
    return together >= alone and not re.search(r"[\ue000-\uf8ff]", text)


def _parsed(text: str, path: Path) -> list[Any]:
    """The JSON values of a file: one, or one a line."""
    decoder = json.JSONDecoder()
    found: list[Any] = []
    here = 0
    try:
        while (begin := re.compile(r"\s*").match(text, here)) is not None and begin.end() < len(text):
            value, here = decoder.raw_decode(text, begin.end())
            found.append(value)
    except json.JSONDecodeError as fault:
        place = f"{path}, line {fault.lineno}, column {fault.colno}"
        raise InputError(place, f"broken JSON ({fault.msg})", "download the record again") from None
    except (ValueError, RecursionError) as fault:
        said = "is nested too deeply" if isinstance(fault, RecursionError) else "holds a number without end"
        raise InputError(str(path), said, "download the record again") from None
    return found


#: Keys that only wrap a record or a list of records, in either interface.
_WRAPPERS: Final = ("studies", "FullStudiesResponse", "FullStudies", "FullStudy", "Study", "study")


def _studies(value: Any, depth: int = 0) -> Iterator[dict[str, Any]]:
    """The records in what was parsed, each in the shape of API v2."""
    if isinstance(value, list):
        for one in value:
            yield from _studies(one, depth)
    elif isinstance(value, dict) and depth < 6:
        if "protocolSection" in value:
            yield value
        elif "ProtocolSection" in value:
            yield as_present(value)
        else:
            for key in _WRAPPERS:
                if key in value:
                    yield from _studies(value[key], depth + 1)


def number_of(study: dict[str, Any]) -> str | None:
    """The registry's number of a record, None where it has none that is one."""
    here: Any = study
    for key in ("protocolSection", "identificationModule", "nctId"):
        here = here.get(key) if isinstance(here, dict) else None
    return here.strip() if isinstance(here, str) and NUMBER.fullmatch(here.strip()) else None


def _chosen(studies: list[dict[str, Any]], number: str | None, place: str) -> dict[str, Any]:
    numbers = [number_of(one) for one in studies]
    if not studies:
        raise InputError(place, "no registry record (no NCT id)", _GIVE)
    if number is not None:
        wanted = number.strip().casefold()
        meant = [one for one, own in zip(studies, numbers, strict=True) if (own or "").casefold() == wanted]
        if not meant:
            held = ", ".join(own or "one without a number" for own in numbers[:20])
            raise InputError(
                place, f"holds no record {number}: it holds {held}", "name one of these with --id"
            )
        if len(meant) > 1:
            raise InputError(place, f"holds {number} {len(meant)} times", "give a file with one of them")
        return meant[0]
    if len(studies) > 1:
        held = ", ".join(own or "one without a number" for own in numbers[:20])
        more = f" and {len(numbers) - 20} more" if len(numbers) > 20 else ""
        fault = f"holds {len(studies)} records: {held}{more}"
        raise InputError(place, fault, "choose one with --id, or give a file with one record")
    if numbers[0] is None:
        raise InputError(place, "no registry record (no NCT id)", _GIVE)
    return studies[0]
