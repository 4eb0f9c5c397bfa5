"""Tables and guards of the record on PostgreSQL.

The application role may select and insert, nothing else: that is the first guard. The triggers and checks
stand against mistakes of roles that may more; whoever owns the table can drop them, and that is what the
chain and the signed head are for.
"""

from __future__ import annotations

from typing import Final

from galu.record.seal import GENESIS

#: The newest step of `migrations/versions`.
REVISION: Final = "0001"
#: Where the steps taken are noted, in the schema of the record.
REVISIONS: Final = "galu_version"

#: Bodies of the functions behind the triggers, by name; `{schema}` is that of the record.
FUNCTIONS: Final = {
    "entry_follows": f"""
DECLARE
  last record;
BEGIN
  SELECT seq, digest, recorded INTO last FROM {{schema}}.entry ORDER BY seq DESC LIMIT 1;
  IF NEW.seq IS DISTINCT FROM coalesce(last.seq, 0) + 1
    OR NEW.previous IS DISTINCT FROM coalesce(last.digest, '{GENESIS}')
    OR NEW.recorded < last.recorded
  THEN
    RAISE EXCEPTION 'an entry must follow the last one';
  END IF;
  RETURN NEW;
END""",
    "entry_never_changed": """
BEGIN
  RAISE EXCEPTION 'the record is append-only: write a correction or a retraction';
END""",
}

#: Name, moment and function of each trigger.
TRIGGERS: Final = (
    ("entry_follows", "BEFORE INSERT ON {schema}.entry FOR EACH ROW", "entry_follows"),
    ("entry_never_changed", "BEFORE UPDATE OR DELETE ON {schema}.entry FOR EACH ROW", "entry_never_changed"),
    ("entry_never_emptied", "BEFORE TRUNCATE ON {schema}.entry FOR EACH STATEMENT", "entry_never_changed"),
)

#: `payload` is text, byte for byte what was sealed; `id` and `supersedes` are what stands in it.
TABLE: Final = """CREATE TABLE {schema}.entry (
  seq bigint CONSTRAINT entry_pkey PRIMARY KEY,
  recorded text COLLATE "C" NOT NULL,
  kind text COLLATE "C" NOT NULL,
  payload text COLLATE "C" NOT NULL,
  previous text COLLATE "C" NOT NULL,
  digest text COLLATE "C" NOT NULL,
  id text COLLATE "C" NOT NULL CONSTRAINT entry_id UNIQUE,
  supersedes text COLLATE "C",
  CONSTRAINT entry_sealed CHECK (digest = encode(sha256(convert_to(
    previous || '|' || seq || '|' || recorded || '|' || kind || '|' || payload, 'UTF8')), 'hex')),
  CONSTRAINT entry_named CHECK (strpos(payload, '"id":' || to_json(id)::text) > 0),
  CONSTRAINT entry_corrects CHECK (CASE
    WHEN supersedes IS NULL THEN strpos(payload, '"supersedes":"') = 0
    ELSE strpos(payload, '"supersedes":' || to_json(supersedes)::text) > 0 END)
)"""
INDEX: Final = "CREATE INDEX entry_supersedes ON {schema}.entry (supersedes) WHERE supersedes IS NOT NULL"
#: Constraints of the table, by name.
CONSTRAINTS: Final = ("entry_corrects", "entry_id", "entry_named", "entry_pkey", "entry_sealed")


def statements(schema: str) -> tuple[str, ...]:
    """What makes an empty schema the place of a record, in order."""
    quoted = f'"{schema}"'
    functions = (
        f"CREATE FUNCTION {{schema}}.{name}() RETURNS trigger LANGUAGE plpgsql AS $galu${body}$galu$"
        for name, body in FUNCTIONS.items()
    )
    triggers = (
        one
        for name, moment, function in TRIGGERS
        for one in (
            f"CREATE TRIGGER {name} {moment} EXECUTE FUNCTION {{schema}}.{function}()",
            f"ALTER TABLE {{schema}}.entry ENABLE ALWAYS TRIGGER {name}",
        )
    )
    return tuple(one.replace("{schema}", quoted) for one in (TABLE, INDEX, *functions, *triggers))


def function_bodies(schema: str) -> dict[str, str]:
    """The functions as the server should hold them."""
    return {name: body.replace("{schema}", f'"{schema}"') for name, body in FUNCTIONS.items()}
