"""What importing the workbench costs: no model library comes in before an engine is loaded."""

import subprocess
import sys

import pytest

HEAVY = ("torch", "transformers", "diffusers", "open_clip", "spacy", "accelerate", "xgrammar", "torchvision")
_SCRIPT = """
import importlib, pkgutil, sys
import kbapp
found = [m.name for m in pkgutil.walk_packages(kbapp.__path__, "kbapp.") if not m.name.endswith("__main__")]
for name in found:
    importlib.import_module(name)
assert len(found) > 60, found
wrong = [name for name in {heavy!r} if name in sys.modules]
print(",".join(wrong))
"""
_LIGHT = """
import sys
import {module}
print(",".join(name for name in {heavy!r} if name in sys.modules))
"""


def _imported(script: str) -> str:
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_no_module_of_the_workbench_imports_a_model_library():
    assert _imported(_SCRIPT.format(heavy=HEAVY)) == ""


@pytest.mark.parametrize("module", ["kbapp.pipeline", "kbapp.profiles", "kbapp.cli"])
def test_the_terminal_and_the_pipeline_do_not_import_the_page(module):
    assert _imported(_LIGHT.format(module=module, heavy=(*HEAVY, "gradio"))) == ""
