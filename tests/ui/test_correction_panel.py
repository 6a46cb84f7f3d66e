"""The dialog in which the source graph is put right."""

import re

from kbapp.ui.correction_panel import correction_dialog
from tests.chest import read, shipped


def rows(report: str) -> dict[str, dict[str, tuple[str, list[str]]]]:
    """By finding: field -> (what is chosen, what can be chosen)."""
    html = str(correction_dialog(read(report), shipped().prior))
    found = {}
    for name, row in re.findall(r'<tr data-correct="([^"]*)">(.*?)</tr>', html, re.DOTALL):
        selects = re.findall(r'<select[^>]*data-field="([^"]*)" data-was="([^"]*)"[^>]*>(.*?)</select>', row, re.DOTALL)
        found[name] = {field: (was, re.findall(r'value="([^"]*)"', options)) for field, was, options in selects}
    return found


def test_each_finding_has_the_degrees_of_the_prior_and_its_own_is_chosen():
    row = rows("Mild cardiomegaly. Three left lung nodules.")
    assert row["cardiomegaly"]["degree has severity"] == (
        "mild",
        ["", "small", "borderline", "mild", "moderate", "large", "severe"],
    )
    assert row["lung nodule, left"]["degree has count"][0] == "3" and row["cardiomegaly"]["degree has count"][0] == ""
    assert row[""]["degree has severity"][0] == ""


def test_a_structure_has_no_degree_and_what_has_several_cannot_be_chosen_by_one():
    row = rows("The mediastinum is normal. Stable old rib fracture.")
    assert not [field for field in row["mediastinum"] if field.startswith("degree")]
    (fracture,) = [name for name in row if "fracture" in name]
    assert "degree has state" not in row[fracture] and "degree has severity" in row[fracture]
