"""Results of a registry as the XML that its upload takes (RRSUploadSchema, 18 April 2017).

The root carries the namespace and its children none. Rows stand in the order of the schema, and a part that
is not there is left out only where the upload is marked partial: a full one would delete it for good.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final
from xml.etree import ElementTree as Tree

Node = Mapping[str, Any]
NAMESPACE: Final = "http://clinicaltrials.gov/rrs"
#: Words of the API and what the upload calls them; others are the same in both.
_WORDS: Final[Mapping[str, str]] = {
    "COUNT_OF_PARTICIPANTS": "Count of Participants", "NUMBER": "Number", "MEAN": "Mean", "MEDIAN": "Median",
    "GEOMETRIC_MEAN": "Geometric Mean", "LEAST_SQUARES_MEAN": "Least Squares Mean",
    "STANDARD_DEVIATION": "Standard Deviation", "FULL_RANGE": "Full Range", "PRIMARY": "Primary",
    "SECONDARY": "Secondary", "OTHER_PRE_SPECIFIED": "Other Pre-specified", "POST_HOC": "Post-Hoc",
    "SYSTEMATIC_ASSESSMENT": "Systematic Assessment",
    "NON_SYSTEMATIC_ASSESSMENT": "Non-systematic Assessment",
}  # fmt: skip
#: Elements of a contact and of a group of adverse events, as the schema orders them, with their keys.
_CONTACT: Final = (
    ("email", "email"), ("organizationName", "organization"), ("phoneExtension", "phoneExt"),
    ("phoneNumber", "phone"), ("title", "title"),
)  # fmt: skip
_EVENT_GROUP: Final = (
    ("description", "description"), ("numDeaths", "deathsNumAffected"),
    ("numSubjectsFrequentEvents", "otherNumAffected"), ("numSubjectsSeriousEvents", "seriousNumAffected"),
    ("partAtRiskAllCauseMort", "deathsNumAtRisk"), ("partAtRiskFrequentEvents", "otherNumAtRisk"),
    ("partAtRiskSeriousEvents", "seriousNumAtRisk"), ("title", "title"),
)  # fmt: skip
#: Modules of the API that make a full upload; without one of them the upload is partial.
_FULL: Final = ("participantFlowModule", "baselineCharacteristicsModule", "adverseEventsModule")
#: Reasons of the registry's own list; another is told in words.
_REASONS: Final = frozenset({
    "Adverse Event", "Death", "Lack of Efficacy", "Lost to Follow-up", "Physician Decision", "Pregnancy",
    "Protocol Violation", "Withdrawal by Subject",
})  # fmt: skip


def as_xml(section: Node) -> bytes:
    """A results section as an upload.

    Parameters
    ----------
    section
        `resultsSection` of an API v2 record.
    """
    Tree.register_namespace("rrs", NAMESPACE)
    root = Tree.Element(f"{{{NAMESPACE}}}result")
    more = section.get("moreInfoModule") or {}
    whole = (
        all(section.get(name) for name in _FULL) and "pointOfContact" in more and "certainAgreement" in more
    )
    root.set("partialUpload", "false" if whole else "true")
    if section.get("baselineCharacteristicsModule"):
        _baseline(root, section["baselineCharacteristicsModule"])
    if "certainAgreement" in more:
        _agreement(root, more["certainAgreement"])
    if "limitationsAndCaveats" in more:
        _text(Tree.SubElement(root, "limitationsAndCaveats"), "description",
              more["limitationsAndCaveats"].get("description"))  # fmt: skip
    outcomes = Tree.SubElement(root, "outcomeMeasures")
    for n, one in enumerate((section.get("outcomeMeasuresModule") or {}).get("outcomeMeasures", ())):
        _outcome(outcomes, one, f"O{n:03d}.")
    if section.get("participantFlowModule"):
        _flow(root, section["participantFlowModule"])
    if "pointOfContact" in more:
        _contact(root, more["pointOfContact"])
    if section.get("adverseEventsModule"):
        _events(root, section["adverseEventsModule"])
    Tree.indent(root)
    made: bytes = Tree.tostring(root, encoding="utf-8", xml_declaration=True)
    return made + b"\n"


def is_total(group: Node) -> bool:
    """Whether a group of the baseline is that of everybody."""
    return str(group.get("title", "")).startswith("Total")


def _text(parent: Tree.Element, name: str, value: object) -> None:
    if value is not None and value != "":
        said = {True: "Yes", False: "No"}.get(value, str(value)) if isinstance(value, bool) else str(value)
        Tree.SubElement(parent, name).text = _WORDS.get(said, said)


def _agreement(root: Tree.Element, told: Node) -> None:
    node = Tree.SubElement(root, "certainAgreement")
    for name in ("otherDetails", "piSponsorEmployee", "restrictionType", "restrictiveAgreement"):
        _text(node, name, told.get(name))


def _contact(root: Tree.Element, told: Node) -> None:
    node = Tree.SubElement(root, "pointOfContact")
    for name, key in _CONTACT:
        _text(node, name, told.get(key))


def _counts(denoms: Iterable[Node]) -> dict[str, str]:
    """Participants analysed, by group."""
    return {
        one["groupId"]: one["value"]
        for told in denoms
        if told.get("units", "Participants") == "Participants"
        for one in told.get("counts", ())
    }


def _group(parent: Tree.Element, name: str, group: Node, counts: Mapping[str, str], prefix: str = "") -> None:
    node = Tree.SubElement(parent, name, id=prefix + group["id"])
    _text(node, "description", group.get("description"))
    _text(node, "subjectsAnalyzed", counts.get(group["id"]))
    _text(node, "title", group.get("title"))


def _baseline(root: Tree.Element, module: Node) -> None:
    node = Tree.SubElement(root, "baseline")
    measures = Tree.SubElement(node, "baselineMeasures")
    counts = _counts(module.get("denoms", ()))
    for told in module.get("measures", ()):
        _measure(Tree.SubElement(measures, "baselineMeasure"), told, "")
    groups = Tree.SubElement(node, "baselineReportingGroups")
    total = next((one for one in module.get("groups", ()) if is_total(one)), None)
    for group in module.get("groups", ()):
        if group is not total:
            _group(groups, "baselineReportingGroup", group, counts)
    _text(node, "populationAnalysisDescription", module.get("populationDescription"))
    if total is not None:
        _group(node, "totalBaselineReportingGroup", total, counts)
    _text(node, "typeUnitsAnalyzed", module.get("typeUnitsAnalyzed"))


def _outcome(parent: Tree.Element, told: Node, prefix: str) -> None:
    node = Tree.SubElement(parent, "outcomeMeasure")
    _measure(node, told, prefix)
    _text(node, "measureType", told.get("type"))
    Tree.SubElement(node, "outcomeMeasureAnalyses")
    groups = Tree.SubElement(node, "outcomeReportingGroups")
    counts = _counts(told.get("denoms", ()))
    for group in told.get("groups", ()):
        _group(groups, "outcomeReportingGroup", group, counts, prefix)
    _text(node, "typeUnitsAnalyzed", told.get("typeUnitsAnalyzed"))


def _measure(node: Tree.Element, told: Node, prefix: str) -> None:
    """What a baseline measure and an outcome share, in the order of the schema."""
    _text(node, "dispersionType", told.get("dispersionType"))
    rows = Tree.SubElement(node, "measureRows")
    for row in told.get("classes", ()):
        _row(Tree.SubElement(rows, "measureRow"), row, prefix)
    _text(node, "measureDescription", told.get("description"))
    _text(node, "parameterType", told.get("paramType"))
    _text(node, "populationAnalysisDescription", told.get("populationDescription"))
    _text(node, "timeFrame", told.get("timeFrame"))
    _text(node, "title", told.get("title"))
    _text(node, "unitOfMeasure", told.get("unitOfMeasure"))


def _row(node: Tree.Element, row: Node, prefix: str) -> None:
    values = Tree.SubElement(node, "reportedValues")
    entries: dict[str, list[tuple[str, Node]]] = {}
    for category in row.get("categories", ()):
        for one in category.get("measurements", ()):
            entries.setdefault(one["groupId"], []).append((category.get("title", ""), one))
    counts = _counts(row.get("denoms", ()))
    for group, told in entries.items():
        value = Tree.SubElement(values, "reportedValue")
        _text(value, "reportingGroupId", prefix + group)
        listed = Tree.SubElement(value, "reportedEntries")
        for title, one in told:
            entry = Tree.SubElement(listed, "reportedEntry")
            _text(entry, "catName", title)
            _text(entry, "dispersionLowerLimit", one.get("lowerLimit"))
            _text(entry, "dispersionSpread", one.get("spread"))
            _text(entry, "dispersionUpperLimit", one.get("upperLimit"))
            _text(entry, "naComment", one.get("comment"))
            _text(entry, "parameterValue", one.get("value"))
        _text(value, "subjectsAnalyzed", counts.get(group))
    _text(node, "title", row.get("title"))


def _flow(root: Tree.Element, module: Node) -> None:
    node = Tree.SubElement(root, "participantFlow")
    groups = Tree.SubElement(node, "participantFlowGroups")
    for group in module.get("groups", ()):
        one = Tree.SubElement(groups, "flowGroup", id=group["id"])
        _text(one, "description", group.get("description"))
        _text(one, "title", group.get("title"))
    periods = Tree.SubElement(node, "periods")
    for told in module.get("periods", ()):
        _period(Tree.SubElement(periods, "period"), told)
    _text(node, "preAssignmentDescription", module.get("preAssignmentDetails"))
    _text(node, "recruitmentDetails", module.get("recruitmentDetails"))
    _text(node, "typeUnitsAnalyzed", module.get("typeUnitsAnalyzed"))


def _period(node: Tree.Element, told: Node) -> None:
    """Those who did not complete are computed by the registry, and have no element."""
    by = {one["type"]: one.get("achievements", ()) for one in told.get("milestones", ())}
    _achieved(Tree.SubElement(node, "completedMilestone"), by.pop("COMPLETED", ()))
    reasons = Tree.SubElement(node, "dropWithdrawReasons")
    for one in told.get("dropWithdraws", ()):
        reason = Tree.SubElement(reasons, "dropWithdrawReason")
        details = Tree.SubElement(reason, "dropWithdrawReasonDetails")
        for count in one.get("reasons", ()):
            detail = Tree.SubElement(details, "reasonDetail")
            _text(detail, "reportingGroupId", count["groupId"])
            _text(detail, "subjectsAffected", count.get("numSubjects"))
        known = one["type"] in _REASONS
        if not known:
            _text(reason, "otherReasonName", one["type"])
        _text(reason, "reasonType", one["type"] if known else "Other")
    milestones = Tree.SubElement(node, "milestones")
    started = by.pop("STARTED", ())
    by.pop("NOT COMPLETED", None)
    for title, achieved in by.items():
        milestone = Tree.SubElement(milestones, "milestone")
        _achieved(milestone, achieved)
        _text(milestone, "titleOther", title)
    _achieved(Tree.SubElement(node, "startedMilestone"), started)
    _text(node, "title", told.get("title"))


def _achieved(node: Tree.Element, achieved: Sequence[Node]) -> None:
    every = Tree.SubElement(node, "milestoneAchievements")
    for told in achieved:
        one = Tree.SubElement(every, "milestoneAchievement")
        _text(one, "reportingGroupId", told["groupId"])
        _text(one, "comment", told.get("comment"))
        _text(one, "subjectsAchieve", told.get("numSubjects"))
        _text(one, "unitsAchieve", told.get("numUnits"))


def _events(root: Tree.Element, module: Node) -> None:
    node = Tree.SubElement(root, "reportedEvents")
    _text(node, "frequencyReportingThreshold", module.get("frequencyThreshold"))
    _terms(Tree.SubElement(node, "frequentAdverseEvents"), "frequentEvent", module.get("otherEvents", ()))
    groups = Tree.SubElement(node, "interventionGroups")
    for group in module.get("eventGroups", ()):
        one = Tree.SubElement(groups, "interventionGroup", id=group["id"])
        for name, key in _EVENT_GROUP:
            _text(one, name, group.get(key))
    _text(node, "notes", module.get("description"))
    _terms(Tree.SubElement(node, "seriousAdverseEvents"), "seriousEvent", module.get("seriousEvents", ()))
    _text(node, "timeFrame", module.get("timeFrame"))


def _terms(parent: Tree.Element, name: str, events: Iterable[Node]) -> None:
    for event in events:
        node = Tree.SubElement(parent, name)
        listed = Tree.SubElement(node, "adverseEventStats")
        for told in event.get("stats", ()):
            stats = Tree.SubElement(listed, "eventStats")
            _text(stats, "reportingGroupId", told["groupId"])
            _text(stats, "numEvents", told.get("numEvents"))
            _text(stats, "numSubjectsAffected", told.get("numAffected"))
            _text(stats, "numSubjects", told.get("numAtRisk"))
        _text(node, "assessmentType", event.get("assessmentType"))
        _text(node, "notes", event.get("notes"))
        _text(node, "organSystemName", event.get("organSystem"))
        _text(node, "sourceVocabulary", event.get("sourceVocabulary"))
        _text(node, "term", event.get("term"))
