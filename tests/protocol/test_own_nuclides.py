"""An agent whose nuclide galu does not hold states its half-life; what lacks is named."""

from __future__ import annotations

import pytest

from galu.finding import InputError
from galu.nuclides import canonical, nuclide_names, written_nuclide
from galu.protocol import Study, parse_study
from galu.protocol.readiness import needs
from galu.trial.exposure import half_lives_h
from support import ROOT

TEXT = (ROOT / "studies" / "nct07310355" / "study.yaml").read_text(encoding="utf-8")


def imaging(name: str, nuclide: str, hours: str = "") -> str:
    """The reference study with another imaging agent."""
    stated = f"\n  half_life_h: {{value: {hours}, source: assumed, why: test}}" if hours else ""
    text = TEXT.replace("68Ga-PSMA-0057", name).replace(
        "  nuclide: Ga-68\n", f"  nuclide: {nuclide}{stated}\n"
    )
    return text.replace("- id: ga68-safety", "- id: imaging-safety")


def therapy(name: str, nuclide: str, hours: str) -> str:
    """The reference study with another therapeutic agent."""
    stated = f"\n  half_life_h: {{value: {hours}, source: assumed, why: test}}"
    text = TEXT.replace("177Lu-PSMA-0057", name).replace(
        "  nuclide: Lu-177\n", f"  nuclide: {nuclide}{stated}\n"
    )
    text = text.replace("therapy_nuclide: {value: Lu-177", f"therapy_nuclide: {{value: {nuclide}")
    return text.replace("- id: lu177-safety", "- id: therapy-safety")


@pytest.mark.parametrize(
    ("nuclide", "name"),
    [("89Zr", "89Zr-X"), ("64Cu", "64Cu-X"), ("18F", "18F-X"), ("111In", "111In-X"), ("Ga-68", "68Ga-X"),
     ("'[64Cu]'", "64Cu-X"), ("Zr 89", "89Zr-X")],
)  # fmt: skip
def test_an_agent_of_a_nuclide_that_is_packaged_needs_no_half_life(nuclide: str, name: str) -> None:
    study = parse_study(imaging(name, nuclide), "study.yaml")
    assert half_lives_h(study)[name] > 0


@pytest.mark.parametrize(
    ("nuclide", "name", "hours"),
    [("Sc-44", "44Sc-PSMA", 4.0), ("99mTc", "99mTc-PSMA-I&S", 6.0), ("Tc-99m", "99mTc-X", 6.0),
     ("I-124", "124I-MIBG", 100.0), ("203Pb", "203Pb-X", 52.0), ("Cu-61", "61Cu-X", 3.3)],
)  # fmt: skip
def test_an_imaging_agent_of_another_nuclide_states_its_half_life(nuclide, name, hours) -> None:
    study = parse_study(imaging(name, nuclide, str(hours)), "study.yaml")
    assert half_lives_h(study)[name] == hours
    assert needs(study) == ()
    with pytest.raises(InputError) as raised:
        parse_study(imaging(name, nuclide), "study.yaml")
    assert "not packaged" in raised.value.fault and "half_life_h" in raised.value.remedy
    assert "agents.0.nuclide" in raised.value.place


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (imaging("X", "Lu-771", "4"), "Lu-771 is no nuclide"),
        (imaging("X", "Scandium", "4"), "Scandium is no nuclide"),
        (imaging("X", "Sc-44", "-4"), "greater than 0"),
        (imaging("X", "Sc-44", "0"), "greater than 0"),
        (imaging("X", "Sc-44", ".inf"), "finite"),
        (imaging("X", "Ga-68", "1.13"), "is known to galu (1.1307 h)"),
        (imaging("64Cu-X", "Sc-44", "4"), "is Sc-44, but the agent is called 64Cu-X"),
        (imaging("99mTc-X", "Tc-99", "4"), "is Tc-99, but the agent is called 99mTc-X"),
        (imaging("X", "Sc-44", "0.01").replace("nuclide: Sc-44", "nuclide: Sc-44"), "half-lives of Sc-44"),
        (
            therapy("211At-X", "At-211", "72").replace("{value: At-211", "{value: Re-188"),
            "Re-188 is not packaged",
        ),
    ],
)
def test_a_nuclide_that_cannot_be_is_refused(text: str, says: str) -> None:
    with pytest.raises(InputError, match=r"study\.yaml, line") as raised:
        parse_study(text, "study.yaml")
    assert says in str(raised.value)


def test_a_therapy_without_emissions_runs_and_says_what_its_dosimetry_lacks() -> None:
    study: Study = parse_study(therapy("153Sm-X", "Sm-153", "46.3"), "study.yaml")
    assert half_lives_h(study)["153Sm-X"] == 46.3
    (lacking,) = needs(study)
    assert lacking.key == "dosimetry.therapy_nuclide" and lacking.steps == ("report",)
    assert "no organ dose is derived" in lacking.fault


@pytest.mark.parametrize(
    ("written", "name"),
    [("99mTc", "Tc-99m"), ("99Mo", "Mo-99"), ("Tc-99m", "Tc-99m"), ("52Mn", "Mn-52"), ("52mMn", "Mn-52m"),
     ("lutetium-177", "Lu-177"), ("177mLu", "Lu-177m"), ("223Ra", "Ra-223"), ("99", None), ("", None),
     ("Lu-771", None), ("Xx-12", None), ("Lu177", "Lu-177"), ("[⁴⁴Sc]", "Sc-44")],
)  # fmt: skip
def test_nuclides_are_read_as_people_write_them(written, name) -> None:
    assert written_nuclide(written) == name
    assert canonical(written) == (name if name in nuclide_names() else None)


@pytest.mark.parametrize("name", nuclide_names())
def test_every_packaged_nuclide_is_one(name: str) -> None:
    assert written_nuclide(name) == canonical(name) == name
