import json

import pytest

from kbapp.core.case import Case
from kbapp.core.content import TextContent
from kbapp.errors import InputError
from kbapp.formats.completion_files import read_completion, write_completion
from tests.formats.completions import deep, drawn, small_completion


def _files(folder):
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


@pytest.mark.parametrize("content", [TextContent("Fluid, left."), drawn()])
def test_a_written_completion_is_read_back_equal(tmp_path, content):
    completion = small_completion(Case((content,), id="r1", origin="test"))
    write_completion(tmp_path, completion, {"started": "2026-01-01T00:00:00+00:00"})
    back, times = read_completion(tmp_path)
    assert deep(back) == deep(completion) and back == completion
    assert times == {"started": "2026-01-01T00:00:00+00:00"}


def test_only_completion_json_depends_on_the_time(tmp_path):
    completion = small_completion(Case((TextContent("Fluid, left."),), id="r1"))
    write_completion(tmp_path / "a", completion, {"started": "1"})
    write_completion(tmp_path / "b", completion, {"started": "2"})
    a, b = _files(tmp_path / "a"), _files(tmp_path / "b")
    assert a.keys() == b.keys()
    assert [name for name in a if a[name] != b[name]] == ["completion.json"]


def test_the_files_have_the_documented_names_and_shapes(tmp_path):
    completion = small_completion(Case((TextContent("Fluid, left."),), id="r1"), n=2, contradicted=(1,))
    write_completion(tmp_path, completion, {}, findings=[{"name": "fluid"}])
    graph = json.loads((tmp_path / "graph.json").read_text())
    assert list(graph) == ["id", "graph", "findings"] and graph["findings"] == [{"name": "fluid"}]
    assert json.loads((tmp_path / "scores.json").read_text())[1] == {
        "index": 1,
        "subject": "fluid, left",
        "parts": {"graph": 90.0 - 1 / 3, "concepts": 79.0, "regions": None},
        "qs": (170.0 - 1 / 3 - 1) / 2,
        "rank": 2,
        "difference": {"kept": 1, "reworded": 0, "missing": 0, "extra": 0, "contradicted": 1, "not_assessable": 0},
    }
    assert (tmp_path / "candidates" / "1.png").is_file()


def test_candidates_of_a_longer_earlier_run_do_not_stay(tmp_path):
    case = Case((drawn(),))
    write_completion(tmp_path, small_completion(case, n=3), {})
    write_completion(tmp_path, small_completion(case, n=1), {})
    assert [p.name for p in (tmp_path / "candidates").iterdir()] == ["0.txt"]


def test_a_name_that_leads_out_of_the_folder_is_refused(tmp_path):
    write_completion(tmp_path / "run", small_completion(Case((TextContent("Fluid."),)), n=1), {})
    (tmp_path / "secret.txt").write_text("secret")
    path = tmp_path / "run" / "completion.json"
    path.write_text(path.read_text().replace("contents/0.txt", "../secret.txt"))
    with pytest.raises(InputError, match="only"):
        read_completion(tmp_path / "run")


def test_a_folder_without_a_completion_is_refused_by_name(tmp_path):
    with pytest.raises(InputError, match="completion.json"):
        read_completion(tmp_path)
