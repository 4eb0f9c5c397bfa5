"""A registry record in the shape of a study file: every value with its source, what is not said as null."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict
from typing import Any, Final

from galu.exchange.registry.proposals import Proposals, propose, propose_agent
from galu.exchange.registry.record import Intervention, RegistryRecord

#: What stands elsewhere in the study file, or is no statement of the record.
_NOT_IDENTITY: Final = ("arms", "interventions", "inclusion", "exclusion", "headings", "missing", "other")
#: Sections of a record that are no protocol: results, what the registry derives, documents.
_PROTOCOL: Final = "protocolSection."


def study_skeleton(record: RegistryRecord) -> dict[str, Any]:
    """Return the record in the shape of a study file: every value with its source, unknown as null.

    What the record's words say about treatment, enrolment and escalation is proposed, as assumed.
    """
    facts = asdict(record)
    for name in _NOT_IDENTITY:
        facts.pop(name)
    facts["other"] = _kept(record)
    identity = {key: {"value": _or_null(value), "source": "registry"} for key, value in facts.items()}
    version = f"{record.nct_id} as of {record.last_update or 'an unknown day'}"
    return {
        "identity": identity,
        "agents": [_agent(one) for one in record.interventions],
        "arms": [{**asdict(one), "source": "registry"} for one in record.arms],
        "eligibility": {"version": {"value": version, "source": "registry"}, "criteria": _criteria(record)},
        **proposals(record).sections,
        **dict.fromkeys(("schedule", "safety", "efficacy", "dosimetry", "pharmacokinetics")),
    }


def _or_null(value: Any) -> Any:
    """An empty list is what the record does not say."""
    return None if value in ((), {}) else value


def proposals(record: RegistryRecord) -> Proposals:
    """What the words of the record propose for the study file."""
    arms = [one.description for one in record.arms]
    drugs = [one.description for one in record.interventions]
    texts = (*arms, *drugs, record.detailed_description, record.brief_summary)
    said = dict.fromkeys(one for one in texts if one)
    titles = (record.title or "", record.official_title or "")
    agents = [_agent(one) for one in record.interventions]
    return propose(agents, (*said, *dict.fromkeys(titles)), record.enrollment_count)


def outside_protocol(record: RegistryRecord) -> tuple[str, ...]:
    """Sections of the record that are no protocol, each with the number of its values."""
    counted = Counter(path.partition(".")[0] for path, _ in record.other if not path.startswith(_PROTOCOL))
    return tuple(f"{name} ({count} values)" for name, count in counted.items())


def _kept(record: RegistryRecord) -> dict[str, str]:
    """Values of the protocol that no field holds, by their place."""
    found = {
        path.removeprefix(_PROTOCOL): words for path, words in record.other if path.startswith(_PROTOCOL)
    }
    return found | {one.partition(" ")[0]: one.partition(" ")[2] for one in outside_protocol(record)}


def _agent(one: Intervention) -> dict[str, Any]:
    return {**asdict(one), "source": "registry", **propose_agent(one.name, one.description)}


def _criteria(record: RegistryRecord) -> list[dict[str, Any]]:
    under = dict(record.headings)
    found = []
    for letter, polarity, texts in (
        ("I", "inclusion", record.inclusion),
        ("E", "exclusion", record.exclusion),
    ):
        for number, text in enumerate(texts, start=1):
            row = {"id": f"{letter}{number}", "polarity": polarity, "text": text, "source": "registry"}
            if row["id"] in under:
                row["why"] = f"stands under “{under[row['id']]}”"
            found.append(row)
    return found
