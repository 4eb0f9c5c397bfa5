"""Which passwords are refused."""

import pytest

from galu.access import password_fault
from galu.access.passwords import common_passwords

GOOD = "gravel-Otter plays 7 cellos"


@pytest.mark.parametrize(
    "password",
    [
        "short",
        "password1234",
        "P@ssw0rd!!!!2026",
        "passwordpassword",
        "qwerty123456",
        "1q2w3e4r5t6y",
        "***letmein***2024",
        "aaaaaaaaaaaaaaaa",
        "abcdefghijklmnop",
        "987654321098",
        "1234567890123",
        "\x00" * 20,
        "x" * 10_000,
        "           a           ",
    ],
)
def test_known_short_or_plain_ones_are_refused(password):
    assert password_fault(password)


def test_what_others_know_is_refused():
    assert password_fault("Ilse-Vermeulen-cello", ("ilse.vermeulen", "Ilse Vermeulen"))
    assert password_fault("my nct07310355 secret", ("NCT07310355",))
    assert password_fault(GOOD, ("ilse.vermeulen", "NCT07310355", "Wuhan")) is None


@pytest.mark.parametrize(
    "password", [GOOD, "correct horse battery staple", "四条河流与两座山的清晨雾气升起", "Zb9#kq!vLw2p"]
)
def test_long_ones_that_nobody_knows_pass(password):
    assert password_fault(password) is None


def test_width_and_composition_make_no_other_password():
    assert password_fault("ｐａｓｓｗｏｒｄ１２３４") == password_fault("password1234")


def test_the_list_is_whole():
    assert len(common_passwords()) == 40_101
    assert {"123456", "password", "1q2w3e4r5t6y"} <= common_passwords()
