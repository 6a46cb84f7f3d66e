"""The network in plain numpy gives what the same network gives in torch."""

import numpy as np
import pytest

from kbapp.knowledge import film_net
from tests.chest import draw


def test_maps_and_kinds_are_shares():
    seen = film_net.look(np.random.default_rng(0).integers(0, 255, (300, 200)).astype(np.uint8))
    assert seen.maps.shape == (3, film_net.OUTPUT, film_net.OUTPUT) and 0 <= seen.maps.min() <= seen.maps.max() <= 1
    assert seen.kinds.sum() == pytest.approx(1, abs=1e-5) and seen.kind in film_net.KINDS


def test_brightness_and_contrast_do_not_matter():
    grey = draw(["Lungs are clear."], 3)[0].pixels
    paler = (grey * 0.5 + 60).astype(np.uint8)
    assert np.abs(film_net.look(grey).maps - film_net.look(paler).maps).mean() < 0.005


def test_a_convolution_equals_the_sum_written_out():
    rng = np.random.default_rng(2)
    for name, channels, out, kernel, stride in film_net.LAYERS:
        if kernel != 3:
            continue
        x = rng.standard_normal((channels, 8, 8)).astype(np.float32)
        taps, bias = film_net._weights()[name]
        padded = np.pad(x, ((0, 0), (1, 1), (1, 1)))
        slow = np.zeros((out, 8 // stride, 8 // stride))
        for i in range(8 // stride):
            for j in range(8 // stride):
                for k in range(9):
                    slow[:, i, j] += taps[k] @ padded[:, stride * i + k // 3, stride * j + k % 3]
        assert np.allclose(film_net._conv(name, x), np.maximum(slow + bias[:, :, None], 0), atol=1e-3), name


def test_the_weights_are_small():
    from pathlib import Path

    assert Path(film_net.__file__).with_name("film_net.npz").stat().st_size < 1_000_000


@pytest.mark.models
def test_numpy_and_torch_agree():
    import torch

    from bench.film_training import forward, network

    net = network()
    with np.load(film_net.Path(film_net.__file__).with_name("film_net.npz")) as stored:
        net.load_state_dict({name: torch.from_numpy(stored[name].astype(np.float32)) for name in stored.files})
    x = film_net.prepare(np.random.default_rng(3).integers(0, 255, (300, 300)).astype(np.uint8))
    with torch.no_grad():
        maps, kinds = forward(net, torch.from_numpy(x[None]))
    seen = film_net.run(x)
    assert np.allclose(torch.sigmoid(maps)[0].numpy(), seen.maps, atol=1e-4)
    assert np.allclose(torch.softmax(kinds, 1)[0].numpy(), seen.kinds, atol=1e-4)
