"""The numbers of the trial, each once: tables and listings as data, with what each number rests on."""

from galu.results.catalogue import LISTINGS, TABLES, build_set
from galu.results.columns import Column, dose_columns
from galu.results.lines import Cell, Counted, Heading, Line, Measured, Row, Stated
from galu.results.listing import Listing
from galu.results.table import Page, Table, as_shell, lay_out

__all__ = [
    "LISTINGS",
    "TABLES",
    "Cell",
    "Column",
    "Counted",
    "Heading",
    "Line",
    "Listing",
    "Measured",
    "Page",
    "Row",
    "Stated",
    "Table",
    "as_shell",
    "build_set",
    "dose_columns",
    "lay_out",
]
