"""What is read of a folder that the official code left behind: all of it where it is whole, and a sentence for each thing that is not."""

import json
import os

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kbapp.core.content import Modality
from kbapp.errors import InputError
from kbapp.formats import run_folder_files
from kbapp.formats.run_folder import NAME_CHARS, RunSample, failed_samples, read_sample, sample_names
from kbapp.formats.run_folder_files import opened_folder
from tests.formats import official_runs as runs


def sample(folder, name: str = "0", pictures=None, **more) -> RunSample:
    with opened_folder(folder) as root:
        if pictures is None:
            return read_sample(root, name, None, **more)
        with opened_folder(pictures) as given_pictures:
            return read_sample(root, name, given_pictures, **more)


def test_a_general_picture_with_its_texts_is_read_whole(tmp_path):
    runs.general_to_text(tmp_path / "run" / "0")
    read = sample(tmp_path / "run", pictures=tmp_path / "images")
    assert read.general and read.source.modality is Modality.IMAGE and read.source.pixels.shape == (40, 60, 3)
    assert [c.content.text for c in read.candidates] == runs.CAPTIONS
    assert [len(c.graph.triples) for c in read.candidates] == [3, 2, 1]
    assert read.candidates[1].scores == (("semantic_score", 21.5), ("graph_score", 0.25), ("total_score", 21.75))
    assert (read.truth.text, read.thoughts, read.remarks, read.expected) == (
        "A rider by the sea.",
        "A calm scene by the sea.",
        (),
        3,
    )


def test_a_general_text_with_its_pictures_is_read_whole(tmp_path):
    runs.general_to_image(tmp_path / "0")
    read = sample(tmp_path)
    assert read.general and read.source.text == runs.CAPTIONS[0]
    assert [(c.number, c.prompt) for c in read.candidates] == [(0, "a rider"), (1, "a horse")]
    assert read.truth.modality is Modality.IMAGE and read.remarks == ()


def test_the_medical_path_has_no_graph_and_that_is_no_fault(tmp_path):
    runs.medical_to_text(tmp_path / "run" / "0")
    runs.medical_to_image(tmp_path / "run" / "1")
    texts, pictures = sample(tmp_path / "run", "0", tmp_path / "images"), sample(tmp_path / "run", "1")
    for read, n in ((texts, 3), (pictures, 2)):
        assert not read.general and read.graph is None and all(c.graph is None for c in read.candidates)
        assert len(read.candidates) == n and read.remarks == ()


def test_samples_come_in_the_order_of_their_numbers(tmp_path):
    with opened_folder(runs.whole_run(tmp_path / "run")) as root:
        assert sample_names(root) == ["2", "10", "11", "12", "13"]
    with opened_folder(tmp_path / "run" / "2") as root:
        assert sample_names(root) == ["."]


@pytest.mark.parametrize(
    ("files", "sentence"),
    [({"3.json": {}}, "first step only"), ({"completion.json": {}}, "kbapp complete"), ({}, "a folder per sample")],
)
def test_another_kind_of_folder_is_named(tmp_path, files, sentence):
    with opened_folder(runs.put(tmp_path / "other", files)) as root, pytest.raises(InputError, match=sentence):
        sample_names(root)


def test_fewer_pictures_than_prompts_are_taken_as_they_are_and_said(tmp_path):
    runs.general_to_image(tmp_path / "0", **{"prompts.json": ["a", "b", "c", "d"]})
    os.unlink(tmp_path / "0" / "id_0.jpg")
    read = sample(tmp_path)
    assert [(c.number, c.prompt) for c in read.candidates] == [(1, "b")] and read.expected == 4
    assert "There are 1 pictures and 4 prompts." in read.remarks


def test_prompts_in_an_object_are_its_keys_because_the_official_code_drew_those(tmp_path):
    runs.medical_to_image(tmp_path / "0", **{"prompts.json": {"report 1": "x", "report 2": "y"}})
    assert [c.prompt for c in sample(tmp_path).candidates] == ["report 1", "report 2"]


@pytest.mark.parametrize(
    "given",
    [{"report 1": "One.", "report 2": "Two."}, {"reports": ["One.", "Two."]}, ["One.", "Two."]],
)
def test_texts_are_found_in_whatever_shape_the_model_gave_them(tmp_path, given):
    runs.medical_to_text(tmp_path / "run" / "0", **{"texts.json": given})
    assert [c.content.text for c in sample(tmp_path / "run", "0", tmp_path / "images").candidates] == ["One.", "Two."]


def test_a_text_in_parts_keeps_them_under_their_names(tmp_path):
    runs.medical_to_text(tmp_path / "run" / "0", **{"texts.json": [{"findings": "Clear.", "impression": "None."}, 7]})
    read = sample(tmp_path / "run", "0", tmp_path / "images")
    assert [c.content.text for c in read.candidates] == ["findings: Clear.\nimpression: None."]
    assert "Text 2 was left out: expected a text." in read.remarks


def test_a_ranking_that_was_cut_off_is_said_and_nothing_is_scored(tmp_path):
    """The published code stops in the middle of this file: its numbers are of a kind that it cannot write."""
    runs.general_to_image(tmp_path / "0", **{"ranking.json": b'{\n    "semantic_score": '})
    read = sample(tmp_path)
    assert all(c.scores == () for c in read.candidates) and "ranking.json is no whole JSON file." in read.remarks


def test_scores_that_are_no_numbers_are_none(tmp_path):
    odd = {"semantic_score": [float("nan"), "20"], "graph_score": [True, 0.5], "total_score": 3}
    runs.general_to_image(tmp_path / "0", **{"ranking.json": odd})
    assert [c.scores for c in sample(tmp_path).candidates] == [(), (("graph_score", 0.5),)]


def test_a_graph_of_another_text_is_not_taken(tmp_path):
    runs.general_to_text(tmp_path / "run" / "0", **{"candi_0_kg.json": runs.candidate_graph(runs.SCENE, "Another text.")})
    read = sample(tmp_path / "run", "0", tmp_path / "images")
    assert read.candidates[0].graph is None and "candi_0_kg.json was left out: it is about another text." in read.remarks


def test_more_candidates_than_can_be_reviewed_are_cut_and_said(tmp_path):
    runs.medical_to_text(tmp_path / "run" / "0", **{"texts.json": [f"Report number {k}." for k in range(20)]})
    read = sample(tmp_path / "run", "0", tmp_path / "images", most=15)
    assert len(read.candidates) == 15 and read.expected == 20 and "The first 15 of 20 candidates were taken." in read.remarks


def test_a_damaged_picture_costs_that_candidate_alone(tmp_path):
    runs.general_to_image(tmp_path / "0", **{"id_0.jpg": b"no picture at all", "GT.jpg": b"neither"})
    read = sample(tmp_path)
    assert [c.number for c in read.candidates] == [1] and read.truth is None
    assert [r.split(" was left out")[0] for r in read.remarks if "left out" in r] == ["The picture id_0.jpg", "GT.jpg"]


def test_what_the_run_calls_failed_is_said(tmp_path):
    runs.general_to_image(tmp_path / "0")
    with opened_folder(runs.put(tmp_path, {"failure_ids.json": [0]})) as root:
        failed = failed_samples(root)
    assert "The run itself calls this sample failed." in sample(tmp_path, failed=failed).remarks
    assert sample(tmp_path).remarks == ()


# -- folders that mean harm


def test_a_picture_is_never_looked_for_outside_of_the_folders_that_were_named(tmp_path):
    secret = runs.put(tmp_path / "secret", {"a.jpg": runs.photo()})
    runs.put(tmp_path / "images", {})
    for path in (str(secret / "a.jpg"), "../secret/a.jpg", "..", "", "/", "a\0b", "x" * 5000):
        runs.put(tmp_path / "run" / "0", {"knowledge.json": runs.knowledge("image", {}, picture=path), "texts.json": ["A horse."]})
        with pytest.raises(InputError):
            sample(tmp_path / "run", "0", tmp_path / "images")


def test_a_picture_is_found_by_the_end_of_the_path_that_the_run_used(tmp_path):
    runs.put(tmp_path / "images" / "train", {"a.jpg": runs.photo()})
    path = "C:\\data\\images\\train\\a.jpg"
    runs.put(tmp_path / "run" / "0", {"knowledge.json": runs.knowledge("image", {}, picture=path), "texts.json": ["A horse."]})
    assert sample(tmp_path / "run", "0", tmp_path / "images").source.pixels.shape == (40, 60, 3)


def test_links_are_refused_wherever_they_stand(tmp_path):
    runs.general_to_image(tmp_path / "elsewhere")
    run = runs.put(tmp_path / "run", {})
    (run / "0").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(InputError, match="no link"):
        sample(run)
    runs.general_to_image(run / "1")
    for name in ("id_0.jpg", "ranking.json", "GT.jpg"):
        os.unlink(run / "1" / name)
        (run / "1" / name).symlink_to(tmp_path / "elsewhere" / name)
    read = sample(run, "1")
    assert [c.number for c in read.candidates] == [1] and read.candidates[0].scores == () and read.truth is None
    os.unlink(run / "1" / "knowledge.json")
    (run / "1" / "knowledge.json").symlink_to(tmp_path / "elsewhere" / "knowledge.json")
    with pytest.raises(InputError, match="no link"):
        sample(run, "1")


def test_a_pipe_in_the_place_of_a_file_does_not_hang(tmp_path):
    runs.general_to_image(tmp_path / "0")
    os.unlink(tmp_path / "0" / "ranking.json")
    os.mkfifo(tmp_path / "0" / "ranking.json")
    assert any("ranking.json cannot be read" in remark for remark in sample(tmp_path).remarks)


@pytest.mark.parametrize("data", [b"[" * 200_000, b'{"a":' * 100_000, b"\xff\xfe\x00", b"1" * 10_000, b""])
def test_json_that_is_deep_or_broken_is_a_sentence(tmp_path, data):
    runs.put(tmp_path / "0", {"knowledge.json": data})
    with pytest.raises(InputError, match="knowledge.json is"):
        sample(tmp_path)


def test_a_file_over_the_limit_is_refused_by_its_name(tmp_path, monkeypatch):
    monkeypatch.setattr(run_folder_files, "JSON_BYTES", 2**20)
    runs.general_to_image(tmp_path / "0", **{"cot_result.json": "x" * 2**20})
    assert "cot_result.json is too large: expected at most 1 MB." in sample(tmp_path).remarks


anything = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=NAME_CHARS + 5),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(["head", "relation", "tail", "status", "a"]), inner)
    ),
    max_leaves=12,
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(anything, anything, anything, anything)
def test_whatever_stands_in_the_files_a_sample_comes_out_or_a_sentence(tmp_path, result, texts, ranking, graph):
    files = {"knowledge.json": runs.knowledge("text", result, "A horse."), "prompts.json": texts, "ranking.json": ranking}
    files |= {"candi_0_kg.json": {"LLM_result": {"knowledge_graph": graph}}, "cot_result.json": texts, "id_0.jpg": PHOTO}
    runs.put(
        tmp_path / "0",
        {name: json.dumps(content).encode() if not isinstance(content, bytes) else content for name, content in files.items()},
    )
    read = sample(tmp_path)
    assert len(read.candidates) == 1
    for triple in read.candidates[0].graph.triples if read.candidates[0].graph else ():
        assert all(0 < len(name) <= NAME_CHARS for name in triple.fact)
    assert all(isinstance(value, float) for c in read.candidates for _, value in c.scores)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(anything)
def test_whatever_the_texts_are_a_sample_comes_out_or_a_sentence(tmp_path, texts):
    given = runs.knowledge("image", {}, picture="a.jpg")
    runs.put(tmp_path / "0", {"knowledge.json": given, "texts.json": texts, "a.jpg": PHOTO})
    try:
        read = sample(tmp_path)
    except InputError as error:
        assert "there is no candidate" in str(error)
    else:
        assert all(c.content.text.strip() for c in read.candidates)


PHOTO = runs.photo()
