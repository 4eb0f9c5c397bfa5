"""The study file as a JSON Schema, by which editors complete keys and mark what is wrong."""

from __future__ import annotations

from typing import Any, Final

from galu.escalation.designs import DESIGNS
from galu.escalation.plan import EscalationPlan, plan_of
from galu.protocol import Study

_DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"


def study_schema() -> dict[str, Any]:
    """JSON Schema (draft 2020-12) of a study file; the escalation is a union by design.

    What holds between keys is not in it: `galu study check` tells that.
    """
    schema = Study.model_json_schema()
    definitions: dict[str, Any] = schema["$defs"]
    designs = []
    for name in DESIGNS:
        model = plan_of(name)
        own = model.model_json_schema()
        definitions |= own.pop("$defs", {})
        own["properties"]["design"] = {
            "type": "object",
            "description": "name of the design",
            "properties": {"value": {"const": name}},
            "required": ["value", "source"],
        }
        definitions[model.__name__] = own
        designs.append({"$ref": f"#/$defs/{model.__name__}"})
    definitions[EscalationPlan.__name__] = {"title": EscalationPlan.__name__, "anyOf": designs}
    return {"$schema": _DIALECT, **schema, "title": "galu study file"}
