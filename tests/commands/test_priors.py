"""`kbapp priors ...` and `kbapp extract --format`, as a script would call them."""

import json
from io import BytesIO

import networkx as nx
import pytest

from kbapp.cli import main
from kbapp.priors.document import parse_prior
from kbapp.resources import ASSETS, DOMAINS
from kbapp.review.workbench import Workbench
from kbapp.settings import Settings

REPORT = ASSETS / "samples" / "heart-failure.txt"
SMALL = """domain: stones
title: Stones
role: You describe stones.
names: {image: photograph, text: note}
root: stone
rules:
  - {entity: Surface, prompt: "Name the spots."}
vocabulary:
  - {name: stone, kind: anatomy, group: Surface}
  - {name: spot, group: Surface, site: stone, synonyms: [dot]}
focus: [spots]
"""


@pytest.fixture
def run(tmp_path, capsys):
    """run("priors", "list") -> (exit code, stdout, stderr), on an own storage."""

    def call(*words, storage=True):
        with pytest.raises(SystemExit) as left:
            main([*map(str, words), *(["--storage", str(tmp_path / "storage")] if storage else [])])
        said = capsys.readouterr()
        return left.value.code or 0, said.out, said.err

    return call


@pytest.fixture
def with_word(tmp_path):
    """A copy of the shipped chest prior in which an effusion has one more name."""
    shipped = (DOMAINS / "chest-xray.yaml").read_text(encoding="utf-8")
    entry = "name: pleural effusion, group: Pleura, synonyms: ["
    assert entry in shipped
    file = tmp_path / "chest.yaml"
    file.write_text(shipped.replace(entry, entry + "flumbus, "), encoding="utf-8")
    return file


def test_without_a_storage_the_shipped_versions_are_listed(run):
    code, out, _ = run("priors", "list")
    assert code == 0 and [line.split()[0] for line in out.splitlines()] == ["chest-xray@1", "general-scene@1", "movie-poster@1"]


def test_an_imported_synonym_is_found_by_the_next_extraction(run, with_word, tmp_path):
    report = tmp_path / "r.txt"
    report.write_text("There is a small left flumbus.")
    assert json.loads(run("extract", "--report", report)[1])["findings"] == []
    code, out, _ = run("priors", "import", with_word, "--reason", "a word of our ward")
    assert code == 0 and "chest-xray@2 is published" in out
    (finding,) = json.loads(run("extract", "--report", report)[1])["findings"]
    assert (finding["name"], finding["side"]) == ("pleural effusion", "left")
    listed = json.loads(run("priors", "list", "--json")[1])
    assert (2, "a word of our ward") in {(row["version"], row["why"]) for row in listed if row["domain"] == "chest-xray"}


def test_a_new_domain_becomes_its_version_1_and_what_it_most_likely_does_not_mean_is_said(run, tmp_path):
    file = tmp_path / "stones.yaml"
    file.write_text(SMALL)
    code, out, _ = run("priors", "import", file, "--reason", "a try")
    assert code == 0 and "stones@1 is published" in out and 'warning: focus: "spots" is no entry' in out
    assert run("priors", "show", "stones")[1] == SMALL


def test_without_a_reason_the_version_says_which_file_it_came_from(run, with_word):
    assert run("priors", "import", with_word)[0] == 0
    assert "imported from chest.yaml" in run("priors", "list")[1]


def test_a_removed_rule_silences_its_group_in_the_next_extraction(run, tmp_path):
    report = tmp_path / "r.txt"
    report.write_text("Small left effusion. The heart is enlarged.")
    yaml = (DOMAINS / "chest-xray.yaml").read_text(encoding="utf-8")
    rule = next(line for line in yaml.splitlines(keepends=True) if line.startswith("  - {entity: Pleura,"))
    file = tmp_path / "no-pleura.yaml"
    file.write_text(yaml.replace(rule, ""), encoding="utf-8")
    code, out, _ = run("priors", "import", file, "--reason", "no pleura here")
    assert code == 0 and 'no extraction rule has the entity "Pleura"' in out
    assert [f["name"] for f in json.loads(run("extract", "--report", report)[1])["findings"]] == ["cardiomegaly"]


def test_versions_can_be_exported_and_compared(run, with_word, tmp_path):
    run("priors", "import", with_word, "--reason", "more words")
    out = tmp_path / "first.yaml"
    assert run("priors", "export", "chest-xray", "--version", 1, "--out", out)[0] == 0
    assert out.read_bytes() == (DOMAINS / "chest-xray.yaml").read_bytes()
    code, said, _ = run("priors", "diff", "chest-xray@1", "chest-xray")
    assert code == 0 and said == 'added entry "pleural effusion", synonyms: "flumbus"\n'
    assert run("priors", "diff", out, with_word)[1] == said
    assert "-" in json.loads(run("priors", "diff", "chest-xray", "chest-xray@1", "--json")[1])["text"]


def test_nothing_is_imported_beside_a_running_workbench(run, with_word, tmp_path):
    with Workbench.open(Settings(storage=tmp_path / "storage"), lambda profile: None):
        code, _, err = run("priors", "import", with_word, "--reason", "more words")
    assert code == 2 and "the workbench is running" in err and "Experts page" in err and err.count("\n") == 1
    assert "chest-xray@2" not in run("priors", "list")[1]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["priors", "import", "{same}", "--reason", "again"], "means the same"),
        (["priors", "import", "{word}", "--reason", " "], "needs a reason"),
        (["priors", "import", "{broken}", "--reason", "x"], "line 2"),
        (["priors", "import", "{latin}", "--reason", "x"], "UTF-8"),
        (["priors", "import", "nowhere.yaml", "--reason", "x"], "cannot be read"),
        (["priors", "show", "weather"], "there are: chest-xray, general-scene, movie-poster"),
        (["priors", "export", "chest-xray", "--version", "9"], "no version 9"),
        (["priors", "diff", "chest-xray@x", "chest-xray"], "DOMAIN@NUMBER"),
        (["extract", "--report", str(REPORT), "--format", "rdf"], "json, graphml, jsonld, triples"),
        (["extract", "--jsonl", str(REPORT), "--format", "graphml"], "one by one"),
        (["complete", "--report", "{caption}", "--domain", "general-scene"], "choose the profile cuda or server"),
        (["extract", "--image", str(ASSETS / "samples" / "film-heart.png"), "--domain", "movie-poster"], "choose the profile cuda or server"),
    ],
)  # fmt: skip
def test_what_the_user_can_mend_is_one_sentence_and_exit_code_two(run, tmp_path, with_word, words, said):
    texts = {
        "same": (DOMAINS / "chest-xray.yaml").read_bytes(),
        "broken": SMALL.replace("title", "titel").encode(),
        "caption": b"A dog.",
    }
    for name, data in {**texts, "latin": "domain: café".encode("latin-1")}.items():
        (tmp_path / f"{name}.yaml").write_bytes(data)
    files = {name: tmp_path / f"{name}.yaml" for name in (*texts, "latin")}
    code, _, err = run(*(word.format(**files, word=with_word) for word in words))
    assert code == 2 and said in err and err.count("\n") == 1 and "Traceback" not in err


def test_a_caption_is_read_under_the_scene_domain(run, tmp_path):
    file = tmp_path / "caption.txt"
    file.write_text("Two brown dogs lie on a red couch. There is no cat.")
    code, out, _ = run("extract", "--report", file, "--domain", "general-scene")
    facts = {(t["head"], t["relation"], t["tail"], t["status"]) for t in json.loads(out)["graph"]["triples"]}
    assert code == 0 and {("dog", "has count", "2", "present"), ("cat", "located in", "scene", "absent")} <= facts


def test_extract_writes_each_graph_format(run, tmp_path):
    whole = json.loads(run("extract", "--report", REPORT)[1])["graph"]
    network = nx.read_graphml(BytesIO(run("extract", "--report", REPORT, "--format", "graphml")[1].encode()))
    assert network.number_of_edges() == len(whole["triples"]) and network.number_of_nodes() == len(whole["nodes"])
    linked = json.loads(run("extract", "--report", REPORT, "--format", "jsonld")[1])
    assert len(linked["triples"]) == len(whole["triples"]) and linked["reader"]["name"].startswith("report-reader")
    out = tmp_path / "triples.json"
    run("extract", "--report", REPORT, "--format", "triples", "--out", out)
    listed = json.loads(out.read_text())
    assert [t["status"] for t in listed] == [t["status"] for t in whole["triples"]]
    assert {t["relation"].split()[0] for t in listed if t["status"] == "absent"} == {"not"}


# -- the JSON schema ---------------------------------------------------------------------------------------------------------------


def faults(value, schema: dict, root: dict) -> list[str]:
    """The part of JSON Schema that the exported one uses, checked the slow way."""
    if "$ref" in schema:
        schema = root["$defs"][schema["$ref"].rsplit("/", 1)[1]]
    if "anyOf" in schema:
        return [] if any(not faults(value, s, root) for s in schema["anyOf"]) else [f"{value!r} fits none"]
    unknown = set(schema) - KEYWORDS
    assert not unknown, unknown
    kinds = {
        "string": str,
        "object": dict,
        "array": list,
        "boolean": bool,
        "null": type(None),
        "number": int | float,
        "integer": int,
    }
    if "type" in schema and not isinstance(value, kinds[schema["type"]]):
        return [f"{value!r} is no {schema['type']}"]
    found = [] if value in schema.get("enum", [value]) and value == schema.get("const", value) else [f"{value!r} is not allowed"]
    if isinstance(value, dict):
        known = schema.get("properties", {})
        found += [f"{key} is missing" for key in schema.get("required", []) if key not in value]
        for key, item in value.items():
            inner = known.get(key, schema.get("additionalProperties", True))
            names = schema.get("propertyNames", {})
            found += faults(key, names, root) if names else []
            found += [f"{key} is unknown"] if inner is False else faults(item, inner, root) if isinstance(inner, dict) else []
    if isinstance(value, list):
        places = schema.get("prefixItems", [])
        found += [] if schema.get("minItems", 0) <= len(value) <= schema.get("maxItems", len(value)) else ["wrong length"]
        for k, item in enumerate(value):
            inner = places[k] if k < len(places) else schema.get("items", {})
            found += faults(item, inner, root)
    if isinstance(value, str) and not schema.get("minLength", 0) <= len(value) <= schema.get("maxLength", len(value)):
        found.append("wrong length")
    return found


KEYWORDS = {"type", "enum", "const", "properties", "required", "additionalProperties", "propertyNames", "prefixItems", "items", "minItems",
            "maxItems", "minLength", "maxLength", "title", "description", "default", "pattern", "minimum", "maximum", "$schema", "$defs"}  # fmt: skip


def test_the_json_schema_takes_every_shipped_prior_and_refuses_a_mistyped_one(run):
    schema = json.loads(run("priors", "schema", storage=False)[1])
    assert schema["$schema"].startswith("https://json-schema.org/")
    for path in DOMAINS.glob("*.yaml"):
        data = parse_prior(path.read_text(encoding="utf-8")).model_dump(mode="json")
        assert faults(data, schema, schema) == [], path.name
        assert faults({**data, "titel": "x"}, schema, schema) == ["titel is unknown"]
        assert faults({**data, "focus": "all"}, schema, schema)
        assert faults({k: v for k, v in data.items() if k != "root"}, schema, schema) == ["root is missing"]
        broken = {**data, "vocabulary": [{**data["vocabulary"][0], "kind": "thing"}]}
        assert faults(broken, schema, schema)
