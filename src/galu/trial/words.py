"""The record as galu reads it: names of tests and events by what they mean, in one place for every reader.

The facts keep what was written; only the tables that are derived from carry codes.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import polars as pl

from galu.protocol import Study
from galu.protocol.words import LocalWords
from galu.record import Record
from galu.vocabulary import folding
from galu.vocabulary.events import read_event
from galu.vocabulary.folding import key
from galu.vocabulary.laboratory import DECLARED_OTHER, OTHER, lab_code
from galu.vocabulary.meddra import Meddra

_NONE: Final = LocalWords()


def words_of(study: Study) -> LocalWords:
    """The study's own words, empty where it has none."""
    return study.vocabulary or _NONE


def read_words(study: Study, record: Record) -> Record:
    """The record with the names of tests as codes, events and medicines by the study's own words.

    A name that is not known stays as it is written: nothing grades it.
    """
    if record.words_read:
        return record
    words = words_of(study)
    frames = dict(record.frames)
    for kind in ("lab", "vital"):
        if kind in frames:
            frames[kind] = _by_code(frames[kind], words)
    if (words.events or words.dictionary) and "adverse_event" in frames:
        frames["adverse_event"] = _by_term(frames["adverse_event"], words)
    if words.medicines:
        for kind in ("therapy", "prior_therapy"):
            if kind in frames:
                frames[kind] = _by_medicine(frames[kind], words.medicines)
    changed = {kind: frame for kind, frame in frames.items() if frame is not record.frames[kind]}
    return record.with_frames(changed)


def _by_code(frame: pl.DataFrame, words: LocalWords) -> pl.DataFrame:
    written = frame["test"].unique().to_list()
    codes = {name: code for name in written if (code := lab_code(name, words.test_pairs)) is not None}
    codes = {name: DECLARED_OTHER if code == OTHER else code for name, code in codes.items()}
    other = {name: code for name, code in codes.items() if name != code}
    return frame.with_columns(pl.col("test").replace(other)) if other else frame


def _by_medicine(frame: pl.DataFrame, medicines: Mapping[str, str]) -> pl.DataFrame:
    """Agents with what they mean beside what was written: every reader of names reads both."""
    meant = {}
    for name in frame["agent"].unique().to_list():
        found = dict.fromkeys(agent for written, agent in medicines.items() if _holds(name, written))
        if found:
            meant[name] = f"{name} ({', '.join(found)})"
    return frame.with_columns(pl.col("agent").replace(meant)) if meant else frame


def _holds(text: str, name: str) -> bool:
    """Whether a text names a medicine among a dose, a number of units, a way to give it."""
    return set(folding.words(name)) <= set(folding.words(text)) if name.isascii() else key(name) in key(text)


def _by_dictionary(frame: pl.DataFrame, dictionary: Meddra, meant: Mapping[str, str]) -> dict[str, str]:
    """Preferred terms of what galu does not know as it is written, where they tell more."""
    found = {}
    for name in frame["term"].unique().to_list():
        preferred = dictionary.pt(name)
        if name in meant or preferred is None or read_event(name).names:
            continue
        told = read_event(preferred)
        if told.names or (told.bleeding is not None and read_event(name).bleeding is None):
            found[name] = preferred
    return found


def _by_term(frame: pl.DataFrame, words: LocalWords) -> pl.DataFrame:
    own = {key(name): term for name, term in words.event_pairs}
    meant = {
        name: term
        for name in frame["term"].unique().to_list()
        if (term := own.get(key(name))) is not None and read_event(term).names
    }
    if words.dictionary is not None:
        meant |= _by_dictionary(frame, words.dictionary, meant)
    coded = pl.col("term").replace_strict(meant, default="", return_dtype=pl.String)
    return frame.with_columns(coded.alias("coded")) if meant else frame
