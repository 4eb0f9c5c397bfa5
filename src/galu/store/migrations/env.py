"""How Alembic takes the steps: on the connection that the caller opened as owner, in one transaction."""

from alembic import context

from galu.store.server_schema import REVISIONS

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    version_table=REVISIONS,
    version_table_schema=context.config.attributes["schema"],
)
with context.begin_transaction():
    context.run_migrations()
