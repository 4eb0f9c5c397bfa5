"""Sections of a registry page that hold more than a text: arms, sponsors, contacts, outcomes, ages."""

from __future__ import annotations

import re
from typing import Any, Final

from galu.exchange.registry.older import code

_ROLE: Final = re.compile(r"Sponsor Role\s*:?\s*(\w+)", re.I)
_AGE: Final = r"\d{1,3}(?:\.\d+)?\s*(?:years?|months?|weeks?|days?|岁|周岁)"
_ARM: Final = re.compile(
    r"(Experimental|Active Comparator|Placebo Comparator|Sham Comparator|No Intervention|Other)\s*:\s*(.+)"
)
_DRUG: Final = re.compile(
    r"\W*(Drug|Device|Biological|Procedure|Radiation|Behavioral|Genetic|Dietary Supplement|"
    r"Combination Product|Diagnostic Test|Other)\s*:\s*(.+)"
)


def lines(text: str) -> list[str]:
    """Lines that say something."""
    return [line.strip() for line in text.split("\n") if line.strip()]


def people(text: str | None, unread: list[str]) -> tuple[int | None, str | None]:
    """A number of people, with or without separators of thousands, and whether it is estimated."""
    if text is None:
        return None, None
    found = re.match(r"(\d{1,3}(?:[.,'’ ]\d{3})+|\d{1,9})(?![\d.,])\s*(.*)", text)
    if found is None:
        unread.append(f"enrollment: {text}")
        return None, None
    kind = re.search(r"estimated|anticipated|actual", found[2], re.I)
    if not re.fullmatch(
        r"\W*(?:(?:participants?|patients?|subjects?|estimated|anticipated|actual)\W*)*", found[2], re.I
    ):
        unread.append(f"enrollment: {text}")
    return int(re.sub(r"\D", "", found[1])), code(kind[0]) if kind else None


def yes(text: str | None, unread: list[str]) -> bool | None:
    """Yes or no."""
    known = {"no": False, "yes": True, "accepts healthy volunteers": True, "no healthy volunteers": False}
    if text is not None and text.lower() not in known:
        unread.append(f"accepts healthy volunteers: {text}")
    return known.get((text or "").lower())


def phases(text: str) -> list[str]:
    """Phases of one line or several."""
    return [
        code(one.strip())
        for one in re.split(r"[/|,\n]", re.sub(r"\bn/a\b", "NA", text, flags=re.I))
        if one.strip()
    ]


def ages(text: str | None, unread: list[str]) -> tuple[str | None, str | None]:
    """Least and greatest age of "18 Years to 75 Years (Adult)", "18 Years and older", "up to 17 Years"."""
    if text is None:
        return None, None
    both = re.match(rf"({_AGE})\s*(?:to|-|–|至)\s*({_AGE})", text, re.I)
    if both is not None:
        return both[1], both[2]
    least = re.match(rf"({_AGE})\s*(?:and older|and over|\+|及以上)", text, re.I)
    if least is not None:
        return least[1], None
    named = re.fullmatch(
        rf"\W*(?:最小)?\s*Min age\s*({_AGE})?\s*(?:最大)?\s*(?:Max age\s*({_AGE})?)?\W*", text, re.I
    )
    if named is not None:
        return named[1], named[2]
    most = re.match(rf"(?:up to|to)\s*({_AGE})", text, re.I)
    if most is None:
        unread.append(f"ages: {text}")
    return None, most[1] if most else None


def interventions(text: str, unread: list[str]) -> list[dict[str, Any]]:
    """Name, description and then the type of each; or "Drug: name" lines."""
    found: list[dict[str, Any]] = []
    blocks = re.split(r"^[ \t]*Intervention Type:?[ \t]*([^\n]+?)[ \t]*$", text, flags=re.M)
    for block, kind in zip(blocks[::2], blocks[1::2], strict=False):
        rows = lines(block)
        if rows:
            found.append({"name": rows[0], "type": code(kind), "description": "\n".join(rows[1:]) or None})
    rest = blocks[-1] if len(blocks) % 2 else ""
    for row in lines(rest):
        drug = _DRUG.fullmatch(row)
        if drug is not None:
            found.append({"name": drug[2], "type": code(drug[1]), "description": None})
        elif found and len(blocks) == 1:
            found[-1]["description"] = "\n".join(one for one in (found[-1]["description"], row) if one)
        else:
            unread.append(f"interventions: {row}")
    return found


def joined(drugs: list[dict[str, Any]], inside: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Interventions of their own section, with what only the arms say of them, and those of the arms only."""
    words = {drug["name"]: drug["description"] for drug in inside}
    known = {drug["name"] for drug in drugs}
    own = [{**drug, "description": drug["description"] or words.get(drug["name"])} for drug in drugs]
    return [*own, *(drug for drug in inside if drug["name"] not in known)]


def arms(
    text: str, drugs: list[dict[str, Any]], unread: list[str]
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Arms, and the interventions described in them."""
    if re.search(r"^[ \t]*Group Type\b", text, re.M):
        return _groups(text, drugs, unread)
    return _experimental(text, unread)


def _groups(
    text: str, drugs: list[dict[str, Any]], unread: list[str]
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Label, description, "Group Type …", then name, type and description of each intervention."""
    rows = lines(text)
    heads = [here for here, row in enumerate(rows) if re.match(r"Group Type\b", row)]
    known = {drug["name"]: lines(drug["description"] or "") for drug in drugs}
    found: list[dict[str, Any]] = []
    inside: list[dict[str, Any]] = []
    pending = rows[: heads[0]]
    for this, begin in enumerate(heads):
        end = heads[this + 1] if this + 1 < len(heads) else len(rows)
        label, *described = pending or [""]
        kind = rows[begin].removeprefix("Group Type").strip(" :")
        names, pending, new = _given(rows[begin + 1 : end], known)
        inside += new
        if label:
            found.append(
                {
                    "label": label,
                    "type": code(kind),
                    "description": "\n".join(described) or None,
                    "interventionNames": names,
                }
            )
        else:
            unread.append(f"arms: {rows[begin]}")
    unread += [f"arms: {row}" for row in pending]
    return found, inside


def _given(rows: list[str], known: dict[str, list[str]]) -> tuple[list[str], list[str], list[dict[str, Any]]]:
    """Names of the interventions in an arm, the lines after them, and interventions told nowhere else."""
    names: list[str] = []
    new: list[dict[str, Any]] = []
    here = 0
    while here + 1 < len(rows) and (kind := re.match(r"Intervention Type:?\s*(.+)", rows[here + 1])):
        name = rows[here]
        names.append(name)
        here += 2
        described = known.get(name)
        if described is None:  # its description ends where the next name or arm begins: one paragraph
            more = rows[here : here + 1] if not _type_follows(rows, here) else []
            new.append({"name": name, "type": code(kind[1]), "description": "\n".join(more) or None})
            described = more
        if rows[here : here + len(described)] == described:
            here += len(described)
    return names, rows[here:], new


def _type_follows(rows: list[str], here: int) -> bool:
    return here + 1 < len(rows) and rows[here + 1].startswith("Intervention Type")


def _experimental(text: str, unread: list[str]) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Arms as ClinicalTrials.gov prints them: "Experimental: label", its words, "Drug: name", its words."""
    found: list[dict[str, Any]] = []
    inside: list[dict[str, Any]] = []
    now: dict[str, Any] | None = None
    for row in (part for line in lines(text) for part in re.split(r"\t+", line)):
        arm, drug = _ARM.fullmatch(row), _DRUG.fullmatch(row)
        if arm is not None and not (arm[1] == "Other" and found):
            now = {"label": arm[2], "type": code(arm[1]), "description": None, "interventionNames": []}
            found.append(now)
        elif drug is not None and found:
            found[-1]["interventionNames"].append(drug[2])
            now = next((one for one in inside if one["name"] == drug[2]), None)
            if now is None:
                now = {"name": drug[2], "type": code(drug[1]), "description": None}
                inside.append(now)
        elif now is not None:
            if row not in (now["description"] or "").split("\n"):
                now["description"] = "\n".join(one for one in (now["description"], row) if one)
        else:
            unread.append(f"arms: {row}")
    return found, inside


def sponsors(text: str, others: str) -> dict[str, Any]:
    """Lead sponsor and collaborators, of name, class and role each, or of a name a line."""
    rows = lines(text)
    made: list[tuple[dict[str, Any], str]] = []
    pending: list[str] = []
    for row in rows:
        role = _ROLE.fullmatch(row)
        if role is None:
            pending.append(row)
        else:
            made.append((_party(pending), role[1].lower()))
            pending = []
    made += [
        ({"name": row}, "lead" if not made and not here else "collaborator")
        for here, row in enumerate(pending)
    ]
    lead = [party for party, role in made if role == "lead"]
    collaborators = [party for party, role in made if role != "lead"] + lead[1:]
    collaborators += [{"name": row} for row in lines(others)]
    return {"leadSponsor": lead[0] if lead else None, "collaborators": collaborators}


def _party(rows: list[str]) -> dict[str, Any]:
    if len(rows) > 1 and re.fullmatch(r"[A-Z_]+", rows[-1]):
        return {"name": " ".join(rows[:-1]), "class": rows[-1]}
    return {"name": " ".join(rows)}


def responsible(text: str, unread: list[str]) -> dict[str, Any]:
    """The responsible party's role; further lines are told."""
    found: dict[str, Any] = {}
    for row in lines(text):
        role = re.fullmatch(r"Responsibility Role\s*:?\s*(.+)", row)
        if role is not None and not found:
            found = {"responsibleParty": {"type": role[1]}}
        else:
            unread.append(f"responsible party: {row}")
    return found


def contacts(text: str) -> list[dict[str, Any]]:
    """Contacts of name, role, telephone and address."""
    keys = {"role": "role", "phone": "phone", "phone number": "phone", "email": "email", "name": "name"}
    found: list[dict[str, Any]] = []
    for row in lines(text):
        name, colon, value = (one.strip() for one in row.partition(":"))
        key = keys.get(name.lower()) if colon else None
        if key is None or key == "name":
            found.append({"name": value if key else row})
        elif found and key not in found[-1]:
            found[-1][key] = value
        else:
            found.append({key: value})
    return found


def identifiers(text: str) -> tuple[str | None, list[dict[str, Any]]]:
    """The sponsor's own number, and the others with their type."""
    own: str | None = None
    others: list[dict[str, Any]] = []
    pending: dict[str, Any] = {}
    for row in (*lines(text), ""):
        name, colon, value = (one.strip() for one in row.partition(":"))
        if colon and name.lower() == "identifier type":
            pending |= {"type": value} if value not in ("", "-") else {}
        elif colon and name.lower() == "identifier source":
            pending |= {"source": value}
        else:
            if pending and own is None and pending.get("source", "org_study_id") == "org_study_id":
                own = pending["id"]
            elif pending:
                others.append(
                    {"id": pending["id"]} | ({"type": pending["type"]} if "type" in pending else {})
                )
            pending = {"id": row} if row else {}
    return own, others


_FRAMED: Final = re.compile(r"\[\s*Time Frame:\s*(.*?)\s*\]\s*$", re.I)


def _framed(rows: list[str]) -> list[dict[str, Any]]:
    """Outcomes of lines such as "1. Toxicity [ Time Frame: 42 days ]", each with its description below."""
    found: list[dict[str, Any]] = []
    for row in lines("\n".join(rows)):
        frame = _FRAMED.search(row)
        if frame is not None:
            measure = re.sub(r"^\d{1,3}\.\s*", "", row[: frame.start()]).strip()
            found.append({"measure": measure, "description": None, "timeFrame": frame[1]})
        elif found:
            found[-1]["description"] = "\n".join(one for one in (found[-1]["description"], row) if one)
        else:
            found.append({"measure": row})
    return found


def outcomes(text: str) -> list[dict[str, Any]]:
    """Outcomes: a row of a table each, or a measure with a "Time frame:" line, or a line each."""
    found: list[dict[str, Any]] = []
    rows = [row for row in text.split("\n") if row.strip() and not re.match(r"\s*Outcome Measure\b", row)]
    if any("\t" in row for row in rows):
        for row in rows:
            cells = [one.strip() for one in row.split("\t")]
            keys = ("measure", "description", "timeFrame") if len(cells) > 2 else ("measure", "timeFrame")
            found.append(dict(zip(keys, cells, strict=False)))
        return found
    if any(_FRAMED.search(row) for row in rows):
        return _framed(rows)
    framed = any(re.match(r"\s*(?:\[?\s*)?time\s?frame", row, re.I) for row in rows)
    pending: list[str] = []
    for row in lines("\n".join(rows)):
        frame = re.match(r"\[?\s*time\s?frame\s*:?\s*(.*?)\s*\]?$", row, re.I)
        if frame is not None and pending:
            first, *rest = pending
            found.append(
                {"measure": first, "description": "\n".join(rest) or None, "timeFrame": frame[1] or None}
            )
            pending = []
        elif framed:
            pending.append(row)
        else:
            found.append({"measure": row})
    return found + [{"measure": row} for row in pending]
