"""Who may do what: roles × actions × states of the data as a table, and which passwords are refused."""

from galu.access.judge import Sight, may, sight
from galu.access.passwords import password_fault
from galu.access.roles import PURPOSES, ROLES, Grant, Role
from galu.access.table import STATES, TABLE, Action, State, access_reference, strictest

__all__ = [
    "PURPOSES",
    "ROLES",
    "STATES",
    "TABLE",
    "Action",
    "Grant",
    "Role",
    "Sight",
    "State",
    "access_reference",
    "may",
    "password_fault",
    "sight",
    "strictest",
]
