"""The study as data: composed of the section models that each room declares."""

from galu.protocol.study import Element, Study, elements, load_study, parse_study, study_hash

__all__ = ["Element", "Study", "elements", "load_study", "parse_study", "study_hash"]
