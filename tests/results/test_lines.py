"""What a line becomes over the members of columns."""

from __future__ import annotations

import pytest

from galu.results.columns import Column
from galu.results.lines import Cell, Counted, Grades, Heading, Measured, Stated
from galu.results.table import Table, as_shell, lay_out

COLUMNS = (("a", "b", "c"), ("a", "b", "c", "d"), ())


def texts(line) -> list[list[str]]:
    return [[row.label, *(cell.text for cell in row.cells)] for row in line.rows(COLUMNS)]


def test_a_count_is_of_the_column_and_of_nobody_else() -> None:
    line = Counted("with", {"a": ("1",), "d": ("2",), "z": ("3",)})
    assert texts(line) == [["with", "1 (33.3)", "2 (50.0)", "0"]]
    (row,) = line.rows(COLUMNS)
    assert [cell.subjects for cell in row.cells] == [("a",), ("a", "d"), ()]
    assert [cell.numbers for cell in row.cells] == [(1, 3), (2, 4), (0, 0)]


def test_a_denominator_of_its_own_is_shown() -> None:
    line = Counted("response", {"a": (), "d": ()}, of=frozenset({"a", "b", "d"}))
    assert texts(line) == [["response", "1/2 (50.0)", "2/3 (66.7)", "0/0"]]


def test_events_are_those_of_who_counts() -> None:
    line = Counted("any", {"a": ("1", "2"), "d": ("3",)}, events={"a": 2, "d": 1})
    assert texts(line) == [["any", "1 (33.3) [2]", "2 (50.0) [3]", "0 [0]"]]


def test_a_subject_without_a_value_is_not_counted_and_nobody_is_a_dash() -> None:
    line = Measured("x", {"a": (1.5, ()), "b": (2.5, ())})
    assert texts(line) == [
        ["x", "", "", ""],
        ["n", "2", "2", "0"],
        ["mean (SD)", "2.00 (0.707)", "2.00 (0.707)", "–"],
        ["median", "2.00", "2.00", "–"],
        ["min, max", "1.5, 2.5", "1.5, 2.5", "–"],
    ]


def test_one_value_has_no_spread_and_a_zero_no_geometric_mean() -> None:
    line = Measured("x", {"a": (0.0, ())}, ("mean (SD)", "geometric mean (CV %)"), 0)
    assert texts(line)[1:] == [["mean (SD)", "0.0 (NE)", "0.0 (NE)", "–"],
                               ["geometric mean (CV %)", "NE", "NE", "–"]]  # fmt: skip


def test_an_ungraded_event_has_its_own_row_and_is_neither_none_nor_mild() -> None:
    line = Grades("any", {"a": (3, ()), "b": (None, ()), "d": (5, ())})
    assert texts(line) == [
        ["any", "2 (66.7)", "3 (75.0)", "0"],
        ["grade 3", "1 (33.3)", "1 (25.0)", "0"],
        ["grade 5", "0", "1 (25.0)", "0"],
        ["grade not stated", "1 (33.3)", "1 (25.0)", "0"],
        ["grade 3 or more", "1 (33.3)", "2 (50.0)", "0"],
    ]
    assert [one[0] for one in texts(Grades("any", {}, full=True))] == [
        "any", "grade 1", "grade 2", "grade 3", "grade 4", "grade 5", "grade 3 or more",
    ]  # fmt: skip


def test_a_table_says_who_is_in_it_and_an_empty_one_that_it_is_empty() -> None:
    columns = (Column("6 GBq", ("a",)), Column("Total", ("a", "b")))
    page = lay_out(Table("14.1", "T", "enrolled", (Heading("H"),)), columns, {"enrolled": "got a slot"})
    assert page.heads == ("", "6 GBq\n(N=1)", "Total\n(N=2)") and page.population == "got a slot"
    empty = lay_out(Table("14.1", "T", "enrolled", ()), columns, {})
    assert empty.notes == ("No subject and no event to be shown so far.",)


@pytest.mark.parametrize("line", [Counted("n", {"a": ()}), Stated("s", lambda members: Cell("1.5 (2, 3)"))])
def test_a_shell_has_no_number(line) -> None:
    page = as_shell(lay_out(Table("14.1", "T", "p", (line,)), (Column("3.7 GBq", ("a",)),), {}))
    assert not any(sign.isdigit() for row in page.rows for cell in row.cells for sign in cell.text)
    assert page.heads[1] == "3.7 GBq\n(N=xx)"
    assert not any(row.who or cell.subjects for row in page.rows for cell in row.cells)
