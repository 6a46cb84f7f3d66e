"""kill -9 while decisions are written: what was acknowledged is there afterwards, and no row lacks its file."""

import json
import os
import subprocess
import sys

from sqlalchemy import text

from kbapp.core.actor import LOCAL_OWNER
from kbapp.store.artifacts import ArtifactStore
from tests.review.fakes import opened

KILLS = int(os.environ.get("KB_KILLS", "20"))

# Forks a writer, kills it after a moment, and so on; prints the decisions that were acknowledged. A writer completes a case, then
# accepts it with an edit (a file and a row) and takes that back, again and again, and reports each decision when it is stored.
NURSERY = """
import json, os, random, signal, sys, time
from pathlib import Path
from kbapp.core.actor import LOCAL_OWNER
from kbapp.core.decision import Action
from tests.formats.completions import drawn
from tests.review.fakes import finished, opened

def write(storage, run, report):
    workbench = opened(storage)
    case = workbench.cases.create(LOCAL_OWNER, [drawn(run)])
    finished(workbench, workbench.jobs.submit(LOCAL_OWNER, case, 1, run, f"job {run}"))
    shown = workbench.completions.latest(LOCAL_OWNER, case)
    for k in range(100_000):
        name = f"text {run}-{k}"
        wish = {"action": Action.UNDO} if k % 2 else {"action": Action.ACCEPT_EDITED, "candidate": 0, "edited_text": name}
        made = workbench.decisions.decide(LOCAL_OWNER, shown.id, **wish, revision=shown.revision + k, idempotency_key=name)
        os.write(report, f"{made.id} {name}\\n".encode())

storage, kills, chance = Path(sys.argv[1]), int(sys.argv[2]), random.Random(7)
acknowledged = []
for run in range(kills):
    read, report = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(read)
        write(storage, run, report)
    os.close(report)
    acks = os.fdopen(read)
    seen = [acks.readline() for _ in range(chance.randrange(8) if run % 3 else 0)]  # every third dies while it starts or completes
    time.sleep(chance.uniform(0, 0.02 if seen else 0.4))
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    acknowledged += [line.rstrip().split(" ", 1) for line in [*seen, *acks] if line.endswith("\\n")]
    acks.close()
print(json.dumps(acknowledged))
"""


def test_no_acknowledged_decision_is_lost_in_a_kill_and_no_row_lacks_its_file(tmp_path):
    storage = tmp_path / "storage"
    opened(storage).close()
    run = subprocess.run([sys.executable, "-c", NURSERY, str(storage), str(KILLS)], stdout=subprocess.PIPE, check=True)
    acknowledged = json.loads(run.stdout)
    assert len(acknowledged) >= KILLS, "the writers were killed before they could do anything"
    with opened(storage) as workbench, workbench._database.read() as connection:
        stored = {str(number): key for number, key in connection.execute(text("SELECT id, idempotency_key FROM decisions"))}
        assert [pair for pair in acknowledged if stored.get(pair[0]) != pair[1]] == []
        assert sorted(map(int, stored)) == list(range(1, len(stored) + 1))
        assert connection.execute(text("PRAGMA integrity_check")).scalar() == "ok"
        assert connection.execute(text("PRAGMA foreign_key_check")).all() == []
        files = ArtifactStore(storage / "artifacts")
        for sha256 in connection.execute(text("SELECT sha256 FROM artifacts")).scalars():
            files.get(sha256)  # there, and with the content of its name
    with opened(storage) as workbench:
        for row in workbench.cases.list(LOCAL_OWNER, limit=500):
            if row.completion:
                shown = workbench.completions.latest(LOCAL_OWNER, row.id)  # whole: candidates, scores, readings
                assert (row.status == "accepted_edited") == (shown.decision is not None)
