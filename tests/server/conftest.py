"""One house of tiny models for all tests of this folder: loading and teaching them takes most of the time."""

import json

import pytest

from kbapp.server.serve import house_of, read_settings
from tests import checkpoints
from tests.server.running import running
from tests.test_lmm_profile import taught_model


@pytest.fixture(scope="session")
def tiny_house(tmp_path_factory):
    folder = tmp_path_factory.mktemp("models")
    paths = {
        "reader": ("qwen-vl", {"path": taught_model(), "max_pixels": 56 * 56}),
        "sdxl": ("sdxl", {"path": checkpoints.sdxl(), "refiner": checkpoints.sdxl_refiner()}),
        "cheff": ("cheff", {"checkpoint": checkpoints.cheff(), "tokenizer": checkpoints.cheff_tokenizer(), "latent_size": 8}),
        "clip": ("open-clip", {"path": checkpoints.open_clip()}),
        "blip": ("blip", {"path": checkpoints.blip()}),
        "blip2": ("blip2", {"path": checkpoints.blip2()}),
    }
    lines = ['device = "cpu"', "window_ms = 50"]
    for name, (engine, options) in paths.items():
        lines += [f"[models.{name}]", f'engine = "{engine}"']
        lines += [f"{key} = {value if isinstance(value, int) else json.dumps(str(value))}" for key, value in options.items()]
    (folder / "models.toml").write_text("\n".join(lines))
    made = house_of(read_settings(folder / "models.toml"))
    made.load_all()
    assert made.is_ready, [m.why for m in made.models.values()]
    return made


@pytest.fixture(scope="session")
def tiny_url(tiny_house):
    with running(tiny_house) as address:
        yield address
