"""Every use case that a shell calls says what it does in the words of the access table."""

import ast
import importlib
import inspect
from pathlib import Path

import galu.desk
from galu.access import TABLE
from galu.desk.identity import action_of
from galu.record import KINDS

SOURCE = Path(galu.desk.__path__[0]).parent
#: Modules of the desk that are given files to compute from, and never open a trial.
COMPUTING = {
    "courses", "design", "dosimetry", "grade", "lesion_rows", "nca", "nca_answers", "nca_columns",
    "nca_single", "nca_table", "organs", "population", "recist", "registry", "response", "rows", "study",
    "survival", "time_activity", "transport",
}  # fmt: skip
#: What shells also call, and is no use case: it gives a folder that is new, a value, or who acts.
HELPERS = {
    "accounts.accounts_at", "places.accounts_of", "amend.read_sites", "clock.utc_now",
    "credentials.seed_address", "eligibility.as_json", "folder.create_trial", "folder.start_of",
    "confined.confined", "confined.limits_for", "confined.size_of", "identity.acting_as", "intake.take_in",
    "noted.noted_key", "simulate.simulate_into",
}  # fmt: skip
#: What the ground of the web calls besides, and no page or route of it.
GROUND = {
    "hub.py": {"folder.opened", "kept.keeping", "places.holds_record"},
    "door.py": {"admission.require_somewhere", "admission.sites_of"},
    "visit.py": {
        "admission.sites_of", "folder.open_trial", "identity.action_of", "identity.acts",
        "status.day_of_report",
    },
}  # fmt: skip


def called_by_shells():
    shells = [path for name in ("cli", "web") for path in sorted((SOURCE / name).rglob("*.py"))]
    assert len(shells) > 20
    for path in shells:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("galu.desk."):
                yield from ((path, node.module, one.name) for one in node.names)


def test_every_use_case_that_a_shell_calls_declares_its_action():
    silent = []
    for path, module, name in called_by_shells():
        short = module.removeprefix("galu.desk.")
        if path.parent.name == "web" and f"{short}.{name}" in GROUND.get(path.name, ()):
            continue
        found = getattr(importlib.import_module(module), name)
        if not inspect.isfunction(found) or short.split(".")[0] in COMPUTING or f"{short}.{name}" in HELPERS:
            continue
        if action_of(found) not in TABLE:
            silent.append(f"{short}.{name}")
    assert silent == []


def test_what_computes_opens_no_trial():
    for name in COMPUTING:
        place = SOURCE / "desk" / name
        for path in [place.with_suffix(".py")] if not place.is_dir() else place.rglob("*.py"):
            text = path.read_text(encoding="utf-8")
            assert "open_trial" not in text and "galu.store" not in text, path


def test_every_public_function_that_opens_a_trial_declares_its_action():
    """Also what no shell calls yet."""
    for path in (SOURCE / "desk").glob("*.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for node in tree.body:
            if not isinstance(node, ast.FunctionDef) or node.name.startswith("_"):
                continue
            calls = {
                one.func.id
                for one in ast.walk(node)
                if isinstance(one, ast.Call) and isinstance(one.func, ast.Name)
            }
            if "open_trial" in calls and node.name != "open_trial":
                assert any("acts(" in ast.unparse(one) for one in node.decorator_list), (
                    f"{path.stem}.{node.name}"
                )


def test_nothing_of_the_desk_writes_past_the_account():
    """Only a folder that nobody has opened yet is filled without asking who acts."""
    fillers = {"folder", "simulate", "whole", "eligibility"}
    for path in (SOURCE / "desk").glob("*.py"):
        if path.stem not in fillers:
            assert "store.append(" not in path.read_text(encoding="utf-8"), path


def test_every_kind_of_fact_says_what_writing_it_is():
    for kind, model in KINDS.items():
        assert model.act in TABLE, kind
        assert model.personal <= set(model.model_fields), kind
        assert not model.speaker or model.speaker in model.model_fields, kind
