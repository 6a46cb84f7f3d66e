"""What each schedule of bench/flows.py costs, asserted on tiny models: counters and parity, never a time."""

import pytest

from bench.flow_result import differences
from bench.flow_script import Lengths
from kbapp.core.content import Modality

pytestmark = pytest.mark.models
N = 5
A, T, P, R, C, W = 8, 6, 5, 3, 2, 4  # tokens of the answers: counters scale with them, and so does this test's time
SHORT = Lengths(analysis=A, thought=T, prompt=P, refine=R, caption=C, report=W)


def engine_of(medical: bool):
    """An Engine that notes which tokens begin how: what is new in a prompt has not been prefilled behind the same ones before."""
    from bench.flow_engine import Engine
    from bench.flow_models import tiny
    from kbapp.engines.prompt_row import rows_of

    class Noting(Engine):
        seen: frozenset = frozenset()

        def _prefilled(self, requests):
            names = [[image.sha256 for turn in r.turns for image in turn.images] for r in requests]
            for row in rows_of(
                self.models.language._inputs(requests), names, self._network, self.models.language.prefixes.turn_start
            ):
                self.seen |= {row.marks[:end] for end in range(1, len(row.marks) + 1) if isinstance(row.marks[end - 1], int)}
            return super()._prefilled(requests)

    return Noting(tiny(medical))


@pytest.fixture(scope="module", params=["medical", "general"])
def bench(request, tmp_path_factory):
    return request.param == "medical", engine_of(request.param == "medical"), tmp_path_factory.mktemp("flows")


def both(bench, missing: Modality):
    """The prompts of both schedules, but the few-shot turn that is asked before, are the same: what is new in them is noted once."""
    from bench.flow_official import flow_official
    from bench.flow_ours import few_shot_turn, flow_ours
    from bench.flows import job_of

    medical, engine, folder = bench
    job = job_of(folder, medical, missing, N, SHORT, steps=4)
    shown = few_shot_turn(engine, job) if medical else None
    engine.seen = frozenset()
    ours = flow_ours(engine, job, shown)
    ours.counts["new words"] = len(engine.seen)
    return medical, flow_official(engine, job), ours


def test_towards_pictures_the_schedule_saves_what_it_promises(bench):
    medical, official, ours = both(bench, Modality.IMAGE)
    counted = {"official": official.counts, "ours": ours.counts}
    if medical:
        steps = {"official": (1 + N) * 2 * A + N * W, "ours": A + N * W + A}
        calls, vision = {"official": 3 + 2 * N, "ours": 2 + N}, {"official": 2 * 2 * (1 + N) + N, "ours": N + 2}
        launches, batches = {"official": 4 * N, "ours": 4}, {"official": 1, "ours": N}
    else:
        steps = {"official": (1 + N) * 4 * A + T + N * (P + R), "ours": 2 * 4 * A + T + N * P + R}
        calls, vision = {"official": 5 + 6 * N, "ours": 5 + 6 * N}, {"official": 6 * N, "ours": N}
        launches, batches = {"official": 4 * N, "ours": 4}, {"official": 2, "ours": 2 * N}
    seen = 4 * (2 + N) if medical else 2 * 4 * N  # 4 tokens a picture: the two examples, or each picture twice in its extraction
    assert ours.counts["visual tokens"] == seen < official.counts["visual tokens"]
    assert_words_are_prefilled_once(official, ours)
    for name, counts in counted.items():
        assert (counts["decode steps"], counts["chat calls"], counts["vision passes"]) == (
            steps[name],
            calls[name],
            vision[name],
        ), name
        assert (counts["unet launches"], counts["unet batch"]) == (launches[name], batches[name]), name
    assert (official.counts["clip passes"], official.counts["blip passes"]) == (2 * N, 2 * N)
    assert (ours.counts["clip passes"], ours.counts["blip passes"]) == (2, 2)
    assert ours.counts["files opened"] == 0 < official.counts["files opened"]
    assert_same(official, ours)


def test_towards_texts_the_schedule_saves_what_it_promises(bench):
    medical, official, ours = both(bench, Modality.TEXT)
    if medical:
        steps = (1 + N) * 2 * A + N * W, A + N * W + A
        vision = 2 * 2 * (1 + N) + 2, 1 + 2
    else:
        steps = (1 + N) * 4 * A + T + N * C, 2 * 4 * A + T + N * C
        vision = 8, 1
    assert (official.counts["decode steps"], ours.counts["decode steps"]) == steps
    assert (official.counts["vision passes"], ours.counts["vision passes"]) == vision
    # The source: behind the examples and behind the system prompt; twice in its extraction, of which the first is also what is written about.
    assert ours.counts["visual tokens"] == 4 * (2 + 2 if medical else 2)
    assert_words_are_prefilled_once(official, ours)
    assert ours.counts["files opened"] == 1
    assert_same(official, ours)


def assert_words_are_prefilled_once(official, ours):
    """But for the questions of a conversation that goes on: once with their own call and once with their answer."""
    assert ours.counts["new words"] <= ours.counts["text tokens"] < 1.7 * ours.counts["new words"]
    assert ours.counts["text tokens"] < 0.5 * official.counts["text tokens"]


def assert_same(official, ours):
    found = differences(official, ours)
    assert (found["graphs"], found["texts"], found["winner"]) == (0, 0, 0)
    assert (found["pictures"] or 100) >= 40 and found["qs"] < 0.01
    assert len(set(ours.qs)) > 1


def test_the_models_of_full_size_have_the_published_sizes():
    """Millions of parameters, on the device that holds none."""
    from bench import flow_models
    from kbapp.engines.checkpoint import Placement
    from tests import checkpoints

    nowhere = Placement("meta", "bfloat16")
    ids = dict.fromkeys(checkpoints.QWEN_TOKENS, 1)
    unet, vae = flow_models.cheff_networks(nowhere)
    made = {
        "qwen2-vl-7b": flow_models.qwen_network(nowhere, ids),
        "sdxl": flow_models.sdxl_unet(nowhere),
        "refiner": flow_models.sdxl_unet(nowhere, refiner=True),
        "cheff": unet,
        "cheff autoencoder": vae,
        "blip large": flow_models.blip_network(nowhere),
    }
    millions = {name: round(sum(p.numel() for p in network.parameters()) / 1e6) for name, network in made.items()}
    assert millions == {
        "qwen2-vl-7b": 8291,
        "sdxl": 2567,
        "refiner": 2260,
        "cheff": 518,
        "cheff autoencoder": 55,
        "blip large": 446,
    }
