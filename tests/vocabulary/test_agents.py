"""Agents of therapies: the name tells the class, however it is written; a name nobody knows tells nothing."""

from __future__ import annotations

import pytest

from galu.vocabulary.agents import agent_names, read_agent

TOLD = {
    "psma-rlt": (
        "177Lu-PSMA-617|[177Lu]Lu-PSMA-617|¹⁷⁷Lu-PSMA I&T|Lu-PSMA|LuPSMA617|177-Lutetium PSMA"
        "|Pluvicto|PLUVICTO 7.4 GBq x 6|lutetium (177Lu) vipivotide tetraxetan|Lu-PNT2002"
        "|225Ac-PSMA-617|Ac-225 PSMA|161Tb-PSMA-I&T|131I-PSMA-1095|镥[177Lu]-PSMA|镥-177-PSMA治疗"
        "|PSMA radioligand therapy|TLX591"
    ),
    "radionuclide": (
        "radium-223|Radium 223 dichloride|Ra223|Xofigo|二氯化镭[223Ra]|Sr-89|89SrCl2"
        "|strontium chloride Sr 89|Metastron|Sm-153 EDTMP|Re-188-HEDP|131I-MIBG|I-131|碘-131"
        "|177Lu-DOTATATE|Lutathera|SIRT|hemibody irradiation"
    ),
    "taxane": (
        "docetaxel|DOCETAXEL 75 mg/m2|Taxotere|多西他赛注射液|cabazitaxel|cabazitaxl|Jevtana|nab-paclitaxel"
    ),
    "nha": (
        "abiraterone acetate|Zytiga|醋酸阿比特龙片|enzalutamid|Xtandi|恩扎卢胺|Erleada|darolutamide|SHR3680"
    ),
    "systemic": (
        "olaparib|Lynparza|奥拉帕利片|niraparib|pembrolizumab|Keytruda|carboplatin/etoposide"
        "|mitoxantrone|chemo|化疗|Casodex|sunitinib|rituximab"
    ),
    "adt": "leuprorelin|Lupron|goserelin|degarelix|Orgovyx|orchiectomy|亮丙瑞林",
    "bone-agent": "denosumab|Xgeva|zoledronic acid|唑来膦酸",
    "radiotherapy": "EBRT to left femur|palliative radiotherapy|SBRT L3|I-125 seed implantation|放疗",
    "cns": "whole brain radiotherapy|WBRT|gamma knife|全脑放疗",
    "tcm": "华蟾素|Kanglaite injection",
    "herbal": "中药|traditional Chinese herbs",
    "corticosteroid": "prednisone 5 mg bid|dexamethasone|地塞米松",
    "immunomodulatory": "tacrolimus|methotrexate|胸腺法新|adalimumab",
    "anti-infective": "meropenem 1 g iv|Augmentin|levofloxacin|ceftriaxone|恩替卡韦",
    "investigational": "blinded study drug|placebo|clinical trial medication|试验药",
    "other": (
        "amlodipine|bisoprolol 2.5 mg|Tylenol|68Ga-PSMA-11|18F-DCFPyL|99mTc-MDP|filgrastim"
        "|strontium ranelate|insulin"
    ),
}


@pytest.mark.parametrize(
    ("kind", "written"), [(kind, one) for kind, names in TOLD.items() for one in names.split("|")]
)
def test_the_name_tells_the_class(kind: str, written: str) -> None:
    for spelled in (written, written.upper(), f"  {written} ", written.replace("-", " ")):
        found = read_agent(spelled)
        assert kind in found.classes and found.read and found.sure, spelled


@pytest.mark.parametrize("written", ["XY-12", "Frobnication", "docetaxel + XY-12", "?", "compound 7"])
def test_a_name_nobody_knows_is_not_read(written: str) -> None:
    assert not read_agent(written).read


@pytest.mark.parametrize(
    "written", ["no chemotherapy", "docetaxel?", "无放疗", "radium-223 planned", "never had Pluvicto"]
)
def test_what_is_denied_or_doubted_is_not_sure(written: str) -> None:
    assert not read_agent(written).sure


def test_a_name_hides_no_other_name() -> None:
    assert set(read_agent("docetaxel prednisolone").classes) == {"taxane", "corticosteroid"}
    assert "nha" in read_agent("abiraterone acetate + prednisone").classes
    assert (
        read_agent("inhaled budesonide").classes
        == read_agent("dexamethasone eye drops").classes
        == ("other",)
    )


def test_brands_stand_for_their_agents() -> None:
    assert agent_names("Xtandi 160 mg") == agent_names("恩杂鲁胺")[:1] == ("enzalutamide",)
