"""What the headings of registry pages mean: of ClinicalTrials.gov, of sites made from it, of ChiCTR."""

from __future__ import annotations

import re
from typing import Final

from galu.exchange.registry.words import listed, narrow

#: Field, its headings on pages as they are read (small letters, without colon and what stands in brackets).
#: A field in capitals holds other fields or nothing of the record.
_HEADINGS: Final = {
    "RESULTS": "study results|results overview|study documents",
    "CONTAINER": (
        "basic information|study overview|study details|study record|study plan|study design|"
        "design details|how is the study designed?|what is the study measuring?|"
        "participation criteria|contacts and locations|collaborators and investigators|"
        "more information|study description|tracking information|descriptive information|"
        "recruitment information|administrative information|outcome measures"
    ),
    "number": (
        "nct id|clinicaltrials.gov id|clinicaltrials.gov identifier|nct number|"
        "registration number|注册号|登记号"
    ),
    "last_update": "last updated|last update posted|last updated on|date of last refreshed on|最近更新日期",
    "status": "recruitment status|overall status|recruiting status|征募研究对象情况|status",
    "why_stopped": "why stopped|why study stopped|reason stopped",
    "phases": "clinical phase|phase|study phase|phases|研究所处阶段|试验分期",
    "enrollment": ("total enrollment|enrollment|样本总量|样本量|目标入组人数"),
    "study_type": "study classification|study type|研究类型",
    "start_date": "study start date|study start|start date",
    "primary_completion_date": "primary completion date|primary completion",
    "completion_date": "study completion date|study completion|completion date",
    "brief_summary": "brief summary|objectives of study|研究目的",
    "detailed_description": (
        "detailed description|description for medicine or protocol of treatment in detail|"
        "药物成份或治疗方案详述"
    ),
    "official_title": "official title|scientific title|研究课题的正式科学名称",
    "title": "brief title|public title|注册题目",
    "acronym": "acronym|english acronym|注册题目简写",
    "conditions": "conditions|condition|condition or disease|target disease|研究疾病",
    "keywords": "keywords|study keywords",
    "allocation": "allocation method|allocation",
    "model": "intervention model|interventional model",
    "purpose": "primary study purpose|primary purpose",
    "masking": "blinding strategy|masking",
    "arms": "study groups|arms and interventions|arms|participant group / arm",
    "interventions": "interventions|intervention / treatment|干预措施",
    "criteria": "eligibility criteria|criteria",
    "inclusion": "纳入标准|入选标准",
    "exclusion": "排除标准",
    "minimum_age": "minimum eligible age|minimum age|min age|最小年龄|最小",
    "maximum_age": "maximum eligible age|maximum age|max age|最大年龄|最大",
    "ages": "ages eligible for study|ages|participant age|年龄范围|年龄",
    "sex": "eligible sex|sexes eligible for study|genders eligible for study|sex|gender|性别",
    "healthy": "accepts healthy volunteers|healthy volunteers",
    "sponsors": "sponsors|sponsor|lead sponsor|primary sponsor|研究实施负责组长单位|申办者",
    "collaborators": "collaborators|collaborator|secondary sponsor",
    "responsible": "responsible party",
    "contacts": "central contacts|study contact|overall contact|contacts",
    "officials": "investigators|overall officials|study officials|principal investigators",
    "locations": (
        "locations|study locations|participating locations|study sites|"
        "countries of recruitment and research settings|征募观察对象的国家和地区"
    ),
    "identifiers": "other identifiers|other study id numbers|study id numbers|study subject id|研究课题代号",
    "primary_outcomes": "primary outcomes|primary outcome measures|primary outcome|primary outcome measure",
    "secondary_outcomes": (
        "secondary outcomes|secondary outcome measures|secondary outcome|secondary outcome measure"
    ),
    "other_outcomes": "other outcomes|other outcome measures|other pre-specified outcome measures",
}
_FIELD_OF: Final = {name: field for field, names in _HEADINGS.items() for name in names.split("|")}
#: Fields of one line, which may stand behind their heading.
SCALARS: Final = frozenset(
    listed(
        "number last_update status why_stopped phases enrollment study_type start_date "
        "primary_completion_date completion_date allocation model purpose masking minimum_age "
        "maximum_age ages sex healthy acronym "
    )
)
#: Lines at the head of a page of ClinicalTrials.gov, of a heading and its value without a colon.
_SPOKEN: Final = re.compile(
    r"ClinicalTrials\.gov (?:ID|Identifier)\s+(?P<number>\S+)|Last Update Posted\s+(?P<last_update>\S.*)|"
    r"Sponsor\s+(?!Role\b)(?P<sponsors>[A-Z].*)|Information provided by\s+(?P<responsible>\S.*)"
)
_HEAD: Final = frozenset({"title", "number", "last_update", "sponsors", "responsible"})
#: Words that criteria, a summary or a label may consist of, too: headings only outside running text.
_WEAK: Final = frozenset(
    listed(
        "status phase phases conditions condition keywords allocation masking arms interventions "
        "criteria sex gender ages age sponsor contacts locations collaborator collaborators "
        "investigators enrollment acronym 性别 年龄 最小 最大 样本量 "
    )
)
_RUNNING: Final = frozenset(
    {"criteria", "inclusion", "exclusion", "brief_summary", "detailed_description", "arms"}
)
#: Fields that hold criteria.
LISTS: Final = frozenset({"criteria", "inclusion", "exclusion"})
#: Headings that no running text has, so that a value may follow them even there.
_SURE: Final = frozenset(
    listed(
        "condition or disease|ages eligible for study|sexes eligible for study|genders eligible for study|"
        "accepts healthy volunteers|minimum eligible age|maximum eligible age|eligible sex",
        "|",
    )
)
#: Fields that pages print behind their heading where they are short.
_ONE_LINE: Final = frozenset({"identifiers", "sponsors", "collaborators", "conditions", "official_title"})
_AGAIN: Final = frozenset({"inclusion criteria", "exclusion criteria"})
#: Sentences that a site prints under its headings whatever the record says.
_SITE: Final = frozenset(
    (
        "Results pending",
        "Results available",
        "View full results",
        "The study team has not published outcome measurements, participant flow, or safety data for "
        "this trial yet. Check back later for updates.",
        "Outcome measurements, participant flow, baseline characteristics, and adverse events have "
        "been published for this study.",
        "Get a concise snapshot of the trial, including recruitment status, study phase, enrollment "
        "targets, and key timeline milestones.",
        "Review the sponsor-provided synopsis that highlights what the study is about and why it is "
        "being conducted.",
        "Dive into the extended narrative that explains the scientific background, objectives, and "
        "procedures in greater depth.",
        "See the medical conditions and disease areas that this research is targeting or investigating.",
        "Explore important study keywords that can help with search, categorization, and topic discovery.",
        "Understand how the trial is structured, including allocation methods, masking strategies, "
        "primary purpose, and other design elements.",
        "Review each arm or cohort in the study, along with the interventions and objectives "
        "associated with them.",
        "Learn about the drugs, procedures, or behavioral strategies being tested and how they are "
        "applied within this trial.",
        "Check the participation requirements, including inclusion and exclusion rules, age limits, "
        "and whether healthy volunteers are accepted.",
        "Meet the organizations funding or collaborating on the study and learn about their roles.",
        "Identify the individual or organization who holds primary responsibility for the study "
        "information submitted to regulators.",
        "Reach out to these primary contacts for questions about participation or study logistics.",
        "Explore where the study is taking place and check the recruitment status at each "
        "participating site.",
        "Review additional registry numbers or institutional identifiers associated with this trial.",
        "This section provides details of the study plan, including how the study is designed and "
        "what the study is measuring.",
        "Researchers look for people who fit a certain description, called eligibility criteria. Some"
        " examples of these criteria are a person's general health condition or prior treatments.",
        "Description",
    )
)
#: How a site's sentence under a heading begins that is not known here; the line above is a heading then.
_SITES_WAY: Final = re.compile(
    r"(?:Get|Review|Dive|See|Understand|Learn|Check|Meet|Identify|Reach out|Explore|Find|Discover|View|"
    r"Browse|Look|Track|Read)\b.{5,200}\b(?:trial|trials|study|studies|research|site|sites|regulators|participants?)\b.*\."
)
_TITLE: Final = re.compile(r"[A-Z][\w’'/&()-]*(?:\s+(?:[A-Z][\w’'/&()-]*|of|and|for|the|to|in|with|&)){0,6}")


def of_the_site(line: str) -> bool:
    """Whether a line is the site's own sentence, no word of the record."""
    return line.strip() in _SITE


def field_of(line: str, now: str, following: str = "", apart: bool = False) -> tuple[str, str] | None:
    """Field of a heading, and the value behind its colon; None where a line is no heading.

    Parameters
    ----------
    now
        The field that the lines before belong to.
    following
        The next line that says something.
    apart
        Whether the line stands between empty ones.
    """
    if now in _HEAD and (spoken := _SPOKEN.fullmatch(line.strip())) is not None:
        return next((field, value) for field, value in spoken.groupdict().items() if value)
    bare, value = _parted(line.strip())
    field = _FIELD_OF.get(_without_brackets(bare))
    if now in ("inclusion", "exclusion") and bare.lower() in _AGAIN and not value:
        return bare.lower().partition(" ")[0], ""
    if field is None:
        return None
    if value:
        here = now not in _RUNNING or _without_brackets(bare) in _SURE
        return (field, value) if field in (SCALARS | _ONE_LINE) and here else None
    if now == "criteria" and field in ("inclusion", "exclusion"):
        return None
    headed = of_the_site(following) or (apart and now not in LISTS)
    return None if now in _RUNNING and _without_brackets(bare) in _WEAK and not headed else (field, "")


def _parted(line: str) -> tuple[str, str]:
    """Words before and after a colon."""
    found = re.match(r"([^:]{1,80}?)\s*:\s*", narrow(line))
    return (line, "") if found is None else (line[: found.end(1)], line[found.end() :].strip())


def _without_brackets(name: str) -> str:
    plain = " ".join(re.sub(r"\s*\([^()]*\)$", "", narrow(name)).lower().split())
    return re.sub(r"^(?:actual|estimated|anticipated) ", "", plain)


def unknown_heading(line: str, following: str) -> bool:
    """Whether a line heads a section that is not known here: the site's way of explaining it follows."""
    bare = line.strip()
    return bool(_TITLE.fullmatch(bare)) and bool(_SITES_WAY.fullmatch(following.strip()))


def label(line: str) -> bool:
    """Whether a line is nothing but a label, as pages of ChiCTR have them."""
    look = narrow(line.strip())
    return bool(re.fullmatch(r"[^:。;]{1,70}:", look)) and not re.match(r"\W*\d", look)
