"""Registry records: read from page text or JSON, as a study skeleton, and compared."""

from galu.exchange.registry.compare import Change, compare_records
from galu.exchange.registry.record import Arm, Intervention, Outcome, RegistryRecord, read_registry
from galu.exchange.registry.skeleton import outside_protocol, proposals, study_skeleton

__all__ = [
    "Arm",
    "Change",
    "Intervention",
    "Outcome",
    "RegistryRecord",
    "compare_records",
    "outside_protocol",
    "proposals",
    "read_registry",
    "study_skeleton",
]
