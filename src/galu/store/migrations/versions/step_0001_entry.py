"""The table of entries and its guards."""

from alembic import context, op

from galu.store.server_schema import statements

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make the table; there is no way back, because a record is never dropped by galu."""
    for statement in statements(context.config.attributes["schema"]):
        op.execute(statement)
