"""The record as galu reads it: names of tests and events by what they mean, in one place for every reader.

The facts keep what was written; only the tables that are derived from carry codes.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import polars as pl

from galu.protocol import Study
from galu.protocol.versions import History, history_of
from galu.protocol.words import LocalWords
from galu.record import Record
from galu.trial.lab_ranges import with_limits
from galu.vocabulary import folding
from galu.vocabulary.events import read_event
from galu.vocabulary.folding import key
from galu.vocabulary.laboratory import DECLARED_OTHER, OTHER, lab_code
from galu.vocabulary.meddra import Meddra

_NONE: Final = LocalWords()
#: Kinds that hold words of the sites.
_WORDED: Final = ("lab", "vital", "adverse_event", "therapy", "prior_therapy")


def words_of(study: Study) -> LocalWords:
    """The study's own words, empty where it has none."""
    return study.vocabulary or _NONE


def read_words(study: Study, record: Record) -> Record:
    """The record with the names of tests as codes, events and medicines by the study's own words.

    A name that is not known stays as it is written: nothing grades it. Of a study that was amended each fact
    is read by the words that were in force when it was entered, then by later ones: an amendment may teach
    what was not understood, and changes no reading. Laboratory values without limits get those of their site.
    """
    if record.words_read:
        return record
    history = history_of(study)
    if history is None:
        frames = _read(words_of(study), record.frames)
    else:
        frames = _read_by_turns(history, record.frames)
    changed = {kind: frame for kind, frame in frames.items() if frame is not record.frames[kind]}
    return with_limits(record.with_frames(changed), words_of(study).test_pairs)


def _read_by_turns(history: History, frames: Mapping[str, pl.DataFrame]) -> dict[str, pl.DataFrame]:
    """Tables whose rows are read by the words in force when they were entered."""
    later, parts, until = _NONE, [], None
    for one in reversed(history.versions):
        words = later = words_of(one.study).with_later(later)
        upper = pl.lit(True) if until is None else pl.col("seq") < until
        within = upper if one is history.versions[0] else upper & (pl.col("seq") > one.seq)
        parts.append(
            _read(words, {kind: frame.filter(within) for kind, frame in frames.items() if kind in _WORDED})
        )
        until = one.seq
    return {
        kind: frame
        if kind not in _WORDED
        else pl.concat([part[kind] for part in parts], how="diagonal").sort("seq", maintain_order=True)
        for kind, frame in frames.items()
    }


def _read(words: LocalWords, given: Mapping[str, pl.DataFrame]) -> dict[str, pl.DataFrame]:
    """Tables with their words read."""
    frames = dict(given)
    for kind in ("lab", "vital"):
        if kind in frames:
            frames[kind] = _by_code(frames[kind], words)
    if (words.events or words.dictionary) and "adverse_event" in frames:
        frames["adverse_event"] = _by_term(frames["adverse_event"], words)
    if words.medicines:
        for kind in ("therapy", "prior_therapy"):
            if kind in frames:
                frames[kind] = _by_medicine(frames[kind], words.medicines)
    return frames


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
