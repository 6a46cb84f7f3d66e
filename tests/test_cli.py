"""The commands of design section 6, as a script would call them."""

import json
import subprocess
import sys

import pytest

from kbapp.cli import main
from kbapp.core.actor import LOCAL_OWNER
from kbapp.resources import ASSETS

SAMPLES = ASSETS / "samples"
FINDING_KEYS = {"name", "observation", "status", "side", "severity", "anatomy"}


@pytest.fixture
def run(tmp_path, capsys):
    """Run the command line in this process on an own storage: run("extract", ...) -> (exit code, stdout, stderr)."""

    def call(*words):
        with pytest.raises(SystemExit) as left:
            main([*map(str, words), "--storage", str(tmp_path / "storage")])
        said = capsys.readouterr()
        return left.value.code or 0, said.out, said.err

    return call


def test_extract_prints_graph_and_findings_of_a_report(run):
    code, out, _ = run("extract", "--report", SAMPLES / "heart-failure.txt")
    answer = json.loads(out)
    assert code == 0 and answer["id"] == "heart-failure"
    assert {"nodes", "triples"} == set(answer["graph"])
    assert all(set(f) == FINDING_KEYS for f in answer["findings"])
    present = {f["observation"] for f in answer["findings"] if f["status"] == "present"}
    assert {"Cardiomegaly", "Pleural Effusion", "Edema"} <= present


def test_the_evidence_of_a_triple_is_the_place_it_was_read_from(run):
    text = (SAMPLES / "heart-failure.txt").read_text()
    _, out, _ = run("extract", "--report", SAMPLES / "heart-failure.txt")
    triple = next(t for t in json.loads(out)["graph"]["triples"] if t["head"] == "pneumothorax")
    span = triple["evidence"] if isinstance(triple["evidence"], dict) else triple["evidence"][0]
    assert "pneumothorax" in text[span["start"] : span["end"]].lower() and triple["status"] == "absent"


def test_extract_reads_a_film(run):
    code, out, _ = run("extract", "--image", SAMPLES / "film-heart.png")
    answer = json.loads(out)
    assert code == 0 and any(t["evidence"] for t in answer["graph"]["triples"])
    assert "Cardiomegaly" in {f["observation"] for f in answer["findings"] if f["status"] != "absent"}


def test_jsonl_keeps_the_order_and_puts_an_error_in_the_place_of_a_bad_line(run, tmp_path):
    lines = [
        '{"id": "a", "text": "Small left pleural effusion."}',
        "no json",
        '{"id": "c"}',
        '{"id": "d", "text": "Normal heart size."}',
    ]
    file = tmp_path / "reports.jsonl"
    file.write_text("\n".join(lines) + "\n")
    code, out, _ = run("extract", "--jsonl", file)
    answers = [json.loads(line) for line in out.splitlines()]
    assert code == 0 and [a["id"] for a in answers] == ["a", None, "c", "d"]
    assert "error" in answers[1] and "error" in answers[2] and answers[0]["findings"][0]["side"] == "left"


@pytest.mark.parametrize(
    ("option", "name", "suffix"), [("--report", "heart-failure.txt", "png"), ("--image", "film-heart.png", "txt")]
)
def test_complete_writes_the_same_bytes_for_the_same_seed(run, tmp_path, option, name, suffix):
    for out in ("one", "two"):
        code, _, _ = run("complete", option, SAMPLES / name, "-n", 3, "--seed", 4, "--out", tmp_path / out)
        assert code == 0
    names = ["graph.json", "scores.json", *(f"candidates/{k}.{suffix}" for k in range(3))]
    for file in names:
        assert (tmp_path / "one" / file).read_bytes() == (tmp_path / "two" / file).read_bytes(), file
    scores = json.loads((tmp_path / "one" / "scores.json").read_text())
    assert [s["index"] for s in scores] == [0, 1, 2] and sorted(s["rank"] for s in scores) == [1, 2, 3]
    assert set(scores[0]["parts"]) == {"graph", "concepts", "regions"}
    assert set(scores[0]["difference"]) == {"kept", "reworded", "missing", "extra", "contradicted", "not_assessable"}


def test_complete_says_what_is_not_drawn(run, tmp_path):
    report = tmp_path / "report.txt"
    report.write_text("Right upper lobe cavity. No pneumonia.")
    _, said, _ = run("complete", "--report", report, "-n", 1, "--out", tmp_path / "out")
    assert "Not drawn: cavitation, right upper lobe." in said


def test_times_stand_in_completion_json_only(run, tmp_path):
    run("complete", "--report", SAMPLES / "normal.txt", "-n", 1, "--out", tmp_path / "out")
    with_times = [f.name for f in (tmp_path / "out").rglob("*.json") if "started" in f.read_text()]
    assert with_times == ["completion.json"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["extract"], "exactly one of"),
        (["extract", "--report", "nowhere.txt"], "cannot be read"),
        (["extract", "--report", SAMPLES / "normal.txt", "--domain", "weather"], "no domain"),
        (["extract", "--report", SAMPLES / "normal.txt", "--profile", "magic"], "profile"),
        (["complete", "--report", SAMPLES / "normal.txt", "--profile", "server"], "KB_MODEL_URL"),
    ],
)
def test_what_the_user_can_mend_is_one_sentence_and_exit_code_two(run, words, said):
    code, _, err = run(*words)
    assert code == 2 and said in err and err.count("\n") == 1 and "Traceback" not in err


def test_audit_show_without_a_storage_says_so(run):
    code, _, err = run("audit", "show")
    assert code != 0 and "no database" in err


def test_audit_show_prints_what_was_decided(run, tmp_path):
    from kbapp import profiles
    from kbapp.core.content import TextContent
    from kbapp.core.decision import Action
    from kbapp.review.workbench import Workbench
    from kbapp.settings import Settings

    settings = Settings(storage=tmp_path / "storage")
    with Workbench.open(settings, lambda profile: profiles.engines_for(settings)) as workbench:
        case = workbench.cases.create(LOCAL_OWNER, [TextContent("Small left pleural effusion.")], origin="test")
        workbench.jobs.submit(LOCAL_OWNER, case, n=2, seed=0, idempotency_key="k1")
        while workbench.jobs.active(LOCAL_OWNER, case):
            pass
        stored = workbench.completions.latest(LOCAL_OWNER, case)
        workbench.decisions.decide(
            LOCAL_OWNER, stored.id, Action.REJECT, reason="wrong side", revision=stored.revision, idempotency_key="k2"
        )
    code, out, _ = run("audit", "show")
    assert code == 0 and "reject (wrong side)" in out and case in out
    row = json.loads(run("audit", "show", 1, "--json")[1])[0]
    assert row["prior"].startswith("chest-xray@") and len(row["candidate_sha256"]) == 2 and row["scores"][0]["parts"]


def test_doctor_is_well_on_the_builtin_profile(run):
    code, out, _ = run("doctor")
    assert code == 0 and "gradio" in out and "profile" in out


def test_doctor_as_json_names_every_finding(run):
    findings = json.loads(run("doctor", "--json")[1])
    assert {"python", "gradio", "storage"} <= {f["what"] for f in findings}


def test_help_answers_without_loading_engines():
    code = "import sys; from kbapp.cli import main\ntry: main(['--help'])\nexcept SystemExit: pass\nprint([m for m in ('numpy','gradio','torch','sqlalchemy') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip().endswith("[]")


def test_priors_can_be_shown_and_validated(run, tmp_path, capsys):
    _, yaml, _ = run("priors", "show")
    file = tmp_path / "mine.yaml"
    file.write_text(yaml)
    with pytest.raises(SystemExit) as left:
        main(["priors", "validate", str(file)])
    assert not left.value.code and "valid" in capsys.readouterr().out
    file.write_text(yaml.replace("title:", "titel:", 1))
    with pytest.raises(SystemExit) as left:
        main(["priors", "validate", str(file)])
    assert left.value.code == 2 and "line" in capsys.readouterr().err


def test_the_package_runs_as_a_module():
    shown = subprocess.run([sys.executable, "-m", "kbapp", "--help"], capture_output=True, text=True, check=True).stdout
    assert "Knowledge Bridger workbench" in shown
