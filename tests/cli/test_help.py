from __future__ import annotations

import pytest

from galu.cli.main import COMMANDS, main


def _help(command: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture) -> str:
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("TERMINAL_WIDTH", "80")
    with pytest.raises(SystemExit) as ended:
        main([command, "--help"])
    assert ended.value.code == 0
    text: str = capsys.readouterr().out
    return text


@pytest.mark.parametrize(
    "command,unit",
    [
        ("sphere", "[g]"),
        ("sphere", "[g/mL]"),
        ("bed", "[h]"),
        ("bed", "[Gy]"),
        ("kernel", "[mm]"),
        ("tac", "[h]"),
    ],
)
def test_units_in_brackets_are_shown(command, unit, monkeypatch, capsys) -> None:  # type: ignore[no-untyped-def]
    assert unit in _help(command, monkeypatch, capsys)


def test_every_column_of_a_dose_table_is_named_at_80_columns(monkeypatch, capsys) -> None:  # type: ignore[no-untyped-def]
    text = _help("dose", monkeypatch, capsys)
    for column in (
        "subject",
        "cycle",
        "region",
        "time_h",
        "activity_mbq",
        "sigma_mbq",
        "mass_g",
        "administered_mbq",
    ):
        assert column in text


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help_of_80_columns(command, monkeypatch, capsys) -> None:  # type: ignore[no-untyped-def]
    text = _help(command, monkeypatch, capsys)
    assert text.startswith(f"Usage: galu {command}") and max(map(len, text.splitlines())) <= 80


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("binomial", "-1", "3"), "No such option: -1"),
        (("binomial", "a", "3"), "Invalid value for 'x'"),
        (("design", "oc", "3+3", "--truth", ".1,.2", "--suspended", "foo"), "use lost or queue"),
        (("eligibility", "s", "r", "--gate", "foo"), "Invalid value for '--gate'"),
        (("eligibility", "s", "r", "--as-of", "2026-02-31"), "2026-02-31"),
        (("design", "exact", "3+3"), "--truth"),
    ],
)
def test_words_that_a_command_cannot_read_are_one_sentence(words, told, capsys) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(SystemExit) as ended:
        main(list(words))
    assert ended.value.code == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("galu: ") and told in line and "--help`." in line


def test_a_group_without_a_command_shows_its_help(capsys) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(SystemExit) as ended:
        main(["study"])
    assert ended.value.code == 2 and "Commands:" in capsys.readouterr().err
