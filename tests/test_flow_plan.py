"""What the benchmark of two schedules says about a machine with a card is what it needs there."""

import re
import subprocess
import sys
from importlib.metadata import packages_distributions, requires
from pathlib import Path

import pytest

from bench.flow_plan import CARRIED, OWN, RUNS, plan

ROOT = Path(__file__).resolve().parent.parent
FULL = """
import sys
from bench import flow_models, flows
from bench.flow_engine import Engine
for medical in (True, False):
    Engine(flow_models.full(medical, "meta"))
print("\\n".join(sorted({name.split(".")[0] for name in sys.modules} - set(sys.stdlib_module_names))))
"""


def canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def with_what_they_need(names) -> set[str]:
    """Distributions by their canonical names, and those that they ask for."""
    found, left = set(), [canonical(name) for name in names]
    while left:
        name = left.pop()
        if name not in found:
            found.add(name)
            needed = [need for need in _requires(name) if "extra ==" not in need]
            left += [canonical(re.match(r"[\w.-]+", need).group()) for need in needed]
    return found


def _requires(name: str) -> list[str]:
    try:
        return requires(name) or []
    except ModuleNotFoundError:  # for another platform
        return []


def test_the_plan_is_said_without_a_card_and_without_loading_anything():
    script = "import sys; sys.argv = ['bench/flows.py', '--plan']; from bench.flows import main; main(); assert 'torch' not in sys.modules"
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == list(plan())
    assert all(f"bench/flows.py --full-size {arguments} --out" in done.stdout for arguments, _, _ in RUNS)


@pytest.mark.models
def test_the_run_at_full_size_needs_no_package_of_the_project_that_the_plan_does_not_name():
    done = subprocess.run([sys.executable, "-c", FULL], cwd=ROOT, capture_output=True, text=True, check=True)
    known = packages_distributions()
    imported = {canonical(name) for module in done.stdout.split() for name in known.get(module, ())}
    named = {canonical(name) for name in (*OWN, *CARRIED)}
    others = {canonical(re.match(r"[\w.-]+", need).group()) for need in requires("kbapp")} - named
    brought = with_what_they_need(OWN) | {
        "httpx",
        "accelerate",
        "ruamel-yaml-clib",
    }  # the last two are used where they are, not asked for
    assert not imported & others - brought
    assert {"diffusers", "open-clip-torch", "ftfy", "ruamel-yaml", "requests"} <= imported
