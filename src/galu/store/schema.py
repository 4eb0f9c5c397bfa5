"""Tables and guards of the record on SQLite.

The triggers stand against mistakes and against ``INSERT OR REPLACE``, which passes by update and delete
triggers: an insert must be the next entry, follow the last digest, and bring a new id. Whoever may
rewrite the file can drop them; that is what the chain and the signed head are for.
"""

from __future__ import annotations

from typing import Final

from galu.record.seal import GENESIS

#: Statements that make an empty database a record, in order.
SCHEMA: Final = (
    """CREATE TABLE entry (
  seq INTEGER PRIMARY KEY,
  recorded TEXT NOT NULL,
  kind TEXT NOT NULL,
  payload TEXT NOT NULL,
  previous TEXT NOT NULL,
  digest TEXT NOT NULL,
  id TEXT GENERATED ALWAYS AS (json_extract(payload, '$.id')) VIRTUAL NOT NULL
) STRICT""",
    "CREATE UNIQUE INDEX entry_id ON entry (id)",
    """CREATE TRIGGER entry_never_updated BEFORE UPDATE ON entry
BEGIN SELECT RAISE(ABORT, 'the record is append-only: write a correction'); END""",
    """CREATE TRIGGER entry_never_deleted BEFORE DELETE ON entry
BEGIN SELECT RAISE(ABORT, 'the record is append-only: write a retraction'); END""",
    f"""CREATE TRIGGER entry_follows BEFORE INSERT ON entry
WHEN NEW.seq IS NOT (SELECT coalesce(max(seq), 0) + 1 FROM entry)
  OR NEW.previous IS NOT coalesce((SELECT digest FROM entry ORDER BY seq DESC LIMIT 1), '{GENESIS}')
  OR NEW.recorded < (SELECT recorded FROM entry ORDER BY seq DESC LIMIT 1)
  OR EXISTS (SELECT 1 FROM entry WHERE id = json_extract(NEW.payload, '$.id'))
BEGIN SELECT RAISE(ABORT, 'an entry must follow the last one and bring a new id'); END""",
)

#: How every connection behaves: a commit is on disk when it returns, and REPLACE fires delete triggers.
PRAGMAS: Final = (
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = FULL",
    "PRAGMA recursive_triggers = ON",
    "PRAGMA foreign_keys = ON",
    "PRAGMA busy_timeout = 30000",
)
