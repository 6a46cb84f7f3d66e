"""What the panel of the source says of its reading."""

from dataclasses import replace

from kbapp.core.completion import Reading
from kbapp.core.graph import KnowledgeGraph
from kbapp.formats.completion_files import read_completion
from kbapp.resources import ASSETS
from kbapp.ui.review_source import source_panel

COMPLETION, _ = read_completion(ASSETS / "recorded" / "chest-film")


def panel(completion) -> str:
    return str(source_panel(completion, lambda image: "/picture", "chest film"))


def test_a_source_of_which_nothing_was_read_says_so_at_once():
    nothing = replace(COMPLETION, reading=Reading(KnowledgeGraph(), notes=("A turned film.",)))
    said = panel(nothing)
    assert said.index("Nothing was read from this chest film") < said.index("A turned film.")
    assert "Nothing was read" not in panel(COMPLETION)
