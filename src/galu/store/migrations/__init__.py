"""Steps that bring the tables of a record on PostgreSQL to what this galu knows (Alembic)."""
