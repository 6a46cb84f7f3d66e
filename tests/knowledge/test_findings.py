"""The findings of a graph as scripts read them."""

import json

import pytest

from kbapp.knowledge.findings import findings_of
from kbapp.priors.schema import CHEXPERT
from tests.chest import read, shipped


def found(text: str) -> list[dict]:
    return [finding.to_json() for finding in findings_of(read(text), shipped().prior)]


def test_a_finding_is_listed_with_observation_status_side_severity_and_anatomy():
    assert found("Mild opacity in the left lower lobe.") == [
        {
            "name": "lung opacity",
            "observation": "Lung Opacity",
            "status": "present",
            "side": "left",
            "severity": "mild",
            "anatomy": ["lower lobe", "lung"],
        }
    ]


def test_left_and_right_of_the_same_are_listed_as_bilateral():
    assert [f["side"] for f in found("Small left effusion. Small right effusion.")] == ["bilateral"]


def test_left_and_right_of_different_degree_are_listed_apart():
    assert {(f["side"], f["severity"]) for f in found("Small left effusion and large right effusion.")} == {
        ("left", "small"),
        ("right", "large"),
    }


def test_left_present_and_right_absent_are_listed_apart():
    assert {(f["side"], f["status"]) for f in found("Left effusion. No right effusion.")} == {
        ("left", "present"),
        ("right", "absent"),
    }


@pytest.mark.parametrize(
    ("text", "anatomy"),
    [
        ("Cardiomegaly.", []),
        ("Left pleural effusion.", []),
        ("Left basilar atelectasis.", ["base"]),
        ("Left basilar opacity.", ["base", "lung"]),
        ("Rib fracture.", ["ribs"]),
        ("Apical pleural thickening.", ["apex", "pleura"]),
        ("Fracture of T12.", ["thoracic vertebrae"]),
    ],
)
def test_the_place_is_listed_unless_the_name_says_it(text, anatomy):
    assert [f["anatomy"] for f in found(text)] == [anatomy]


def test_a_normal_report_has_no_present_finding():
    listed = found("Heart size is normal. The lungs are clear. No effusion or pneumothorax. No acute disease.")
    assert listed and {f["status"] for f in listed} == {"absent"}


def test_an_empty_report_has_no_finding_at_all():
    assert found("") == []


def test_the_list_is_plain_json_and_speaks_of_known_observations():
    listed = found("Small effusion. Scoliosis. Pacemaker. Possible pneumonia.")
    assert json.loads(json.dumps(listed)) == listed
    assert {f["observation"] for f in listed} == {"Pleural Effusion", None, "Support Devices", "Pneumonia"}


def test_the_shipped_prior_covers_the_observations_but_no_finding():
    assert {e.observation for e in shipped().prior.vocabulary} - {None} == set(CHEXPERT) - {"No Finding"}
