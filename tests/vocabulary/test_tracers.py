"""Tracers and conditions as people write them: what is told apart, what is left open."""

from __future__ import annotations

import pytest

from galu.vocabulary.conditions import read_condition
from galu.vocabulary.tracers import same_tracer, shows_psma

OWN = "68Ga-PSMA-0057"


@pytest.mark.parametrize(
    ("written", "same"),
    [
        *((one, True) for one in ("68Ga-PSMA-0057", "Ga-68 PSMA-0057", "[68Ga]Ga-PSMA-0057", "⁶⁸Ga-psma-57")),
        *((one, True) for one in ("GALLIUM-68-PSMA-0057", "68ga psma 0057 PET/CT", "Ga68PSMA0057")),
        *((one, None) for one in ("PSMA-0057", "68Ga-PSMA", "68Ga", "", "68Ga-PSMA-0075", "68Ga-PSMA-O057")),
        *((one, None) for one in ("18F-PSMA-0057", "177Lu-PSMA-0057", "68Ga-PSMA-005")),
        *((one, False) for one in ("68Ga-PSMA-11", "18F-DCFPyL", "18F-PSMA-1007", "99mTc-PSMA-I&S")),
        *((one, False) for one in ("18F-rhPSMA-7.3", "68Ga-PSMA-617", "18F-FDG")),
    ],
)
def test_a_tracer_is_the_study_s_or_another_or_neither(written: str, same: bool | None) -> None:
    assert same_tracer(written, OWN) is same


@pytest.mark.parametrize(
    ("written", "psma"),
    [
        *(
            (one, True)
            for one in ("18F-DCFPyL", "[18F]DCFPyL", "piflufolastat F-18", "Pylarify", "68Ga-PSMA-11")
        ),
        *(
            (one, False)
            for one in ("FDG", "18F-FDG PET/CT", "11C-choline", "F-18 fluciclovine", "68Ga-FAPI-46")
        ),
        *((one, None) for one in ("", "68Ga", "XY-12")),
    ],
)
def test_what_a_tracer_binds_to(written: str, psma: bool | None) -> None:
    assert shows_psma(written) is psma


@pytest.mark.parametrize(
    "written",
    ["BCC", "basal cell carcinoma", "Basal-cell carcinoma, excised 2021", "BASALZELLKARZINOM", "Basaliom"],
)
def test_skin_cancers_that_do_not_count(written: str) -> None:
    found = read_condition(written)
    assert found is not None and (found.means, found.sure) == ("non-melanoma skin cancer", True)


@pytest.mark.parametrize(
    "written",
    [
        "Gilbert's syndrome",
        "GILBERT SYNDROME",
        "Gilbert’s disease",
        "M. Gilbert",
        "Morbus Gilbert",
        "Gilbert",
    ],
)
def test_gilbert_however_it_is_written(written: str) -> None:
    found = read_condition(written)
    assert found is not None and (found.item, found.sure) == ("gilbert", True)


@pytest.mark.parametrize("written", ["Gilbert's syndrome excluded", "suspected Gilbert"])
def test_a_telling_word_alone_is_never_read_as_yes_or_no(written: str) -> None:
    found = read_condition(written)
    assert found is not None and (found.item, found.sure) == ("gilbert", False)


@pytest.mark.parametrize(
    "written",
    [
        "metastatic basal cell carcinoma",
        "Non-Hodgkin lymphoma",
        "father had a stroke",
        "no stroke",
        "bone marrow transplantation",
    ],
)
def test_what_only_holds_a_known_condition_is_not_known(written: str) -> None:
    assert read_condition(written) is None


@pytest.mark.parametrize(
    "written",
    ["Hypertension", "Prostate cancer", "Adenocarcinoma of the prostate", "Benign prostatic hyperplasia"],
)
def test_the_disease_itself_and_common_conditions_are_none_of_these(written: str) -> None:
    assert read_condition(written) is None
