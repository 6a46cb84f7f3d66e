"""Train the film reader's small segmentation network on pictures that this project draws itself. No real picture is used.

    python bench/film_training.py --out FILE.npz

About 7 minutes on two cores; needs the extra `models`. The same numbers, machine and torch give the same bytes. The file that ships comes
from earlier rounds of this script and is not what this command writes: docs/film-reader.md says how far apart the two are.

Bodies are drawn with far more variety than the renderer's six (build, tissue contrasts, warps, opacities, fluid, tubes, letters, borders,
crops), so that the network learns shape and context and not grey levels: the idea of SynthSeg (Billot et al. 2023).
For the kinds, half of the pictures are no upright frontal films (limbs, a chest from the side, turned or inverted films, scenery, text).
Targets per pixel: right lung field, left lung field (each with the part behind the heart and below opacities), heart.
"""

import argparse
import time

import cv2
import numpy as np

from kbapp.generation import schematic_anatomy as drawn
from kbapp.generation import schematic_layers as layers
from kbapp.generation.schematic_habitus import Habitus
from kbapp.generation.schematic_heart import heart_outline
from kbapp.generation.schematic_strokes import arc, filled, spline, stroked
from kbapp.knowledge.film_net import DEEPEST, KINDS, LAYERS, prepare

SEED = 20240
STORE = 192  # pixels at which the drawn layers are kept
INPUT, OUTPUT = 128, 64


def random_body(rng) -> Habitus:
    return Habitus(
        width=rng.uniform(0.82, 1.06), length=rng.uniform(0.90, 1.08), dome=rng.uniform(0.56, 0.76), fat=rng.random(),
        breast=rng.random() * (rng.random() < 0.5), arms=float(rng.random() < 0.6) * rng.uniform(0.6, 1) + 0.0, seed=int(rng.integers(1 << 30)),
    )  # fmt: skip


def drawn_layers(rng) -> dict[str, np.ndarray]:
    """One body's layers, each (STORE, STORE) float16."""
    body = random_body(rng)
    lungs = [filled(drawn.lung_outline(body, side), 1.0) for side in ("right", "left")]
    either = np.clip(sum(lungs), 0, 1)
    found = {
        "soft": layers.soft_tissue(body),
        "air": sum(drawn.air_depth(lung) for lung in lungs),
        "vessels": layers.vessels(body, either),
        "ribs": layers.bones(body, either),
        "airway": layers.airway(body),
        "centre": layers.upper_centre(body),
        "right": lungs[0],
        "left": lungs[1],
    }
    bodied = drawn.Anatomy(body, None, None, None, None, None, {"right": body.dome, "left": body.dome + 0.018}, 0.078,
                           {s: (0, body.dome + 0.105) for s in ("left", "right")})  # fmt: skip
    for k, ratio in enumerate(np.sort(rng.uniform(0.34, 0.74, 3))):
        found[f"heart{k}"] = filled(heart_outline(bodied, ratio), 1.5)
    return {
        name: cv2.resize(layer, (STORE, STORE), interpolation=cv2.INTER_AREA).astype(np.float16) for name, layer in found.items()
    }


def noise_field(rng, cells: int) -> np.ndarray:
    return cv2.resize(rng.standard_normal((cells, cells)).astype(np.float32), (STORE, STORE), interpolation=cv2.INTER_CUBIC)


def compose(rng, kept: dict[str, np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """A film and its targets (STORE, STORE, 4): right lung, left lung, heart, where the picture has content."""
    part = {name: layer.astype(np.float32) for name, layer in kept.items()}
    heart = part[f"heart{rng.integers(3)}"]
    lungs = np.clip(part["right"] + part["left"], 0, 1)
    film = rng.uniform(0.6, 1.3) * part["soft"] - rng.uniform(0.18, 0.5) * part["air"]
    film += (
        0.09 * rng.random() * noise_field(rng, int(rng.integers(6, 30))) * (part["soft"] > 0.2) * (1 - lungs)
    )  # bowel gas, folds
    film += rng.uniform(0.3, 2.2) * part["vessels"] + rng.uniform(0.4, 2.0) * part["ribs"] + rng.uniform(0.3, 1.5) * part["airway"]
    centre = np.maximum(part["centre"], heart * rng.uniform(0.75, 1.0))
    smooth = cv2.GaussianBlur(film, (0, 0), 2.5)
    target = rng.uniform(0.5, 0.8) * rng.uniform(0.75, 1.3)
    film += centre * rng.uniform(0.55, 0.95) * np.maximum(target - smooth, 0.02)
    film = _opacities(rng, film, lungs, part, target)
    return film, np.stack([part["right"], part["left"], heart, np.ones_like(film)], -1)


def _opacities(rng, film, lungs, part, target) -> np.ndarray:
    if rng.random() < 0.65:  # patches and veils, up to a white lung
        field = noise_field(rng, int(rng.integers(3, 9))) + rng.uniform(-1.4, 0.8)
        alpha = np.clip(field, 0, 1) * rng.uniform(0.2, 1.0) * lungs
        if rng.random() < 0.3:
            alpha *= part[("right", "left")[rng.integers(2)]]
        film = film + alpha * (target * rng.uniform(0.8, 1.05) - film)
    if rng.random() < 0.3:  # fluid
        y, x = np.mgrid[0:STORE, 0:STORE].astype(np.float32) / STORE
        side = part[("right", "left")[rng.integers(2)]]
        level = rng.uniform(0.45, 0.8) + rng.uniform(-0.3, 0.3) * (x - 0.5)
        film = film + np.clip((y - level) / 0.03, 0, 1) * side * (target - film) * 0.95
    film = film + rng.uniform(0, 0.05) * noise_field(rng, 12) + rng.uniform(0, 0.02) * noise_field(rng, 48)
    return film


def warp(rng, film: np.ndarray, targets: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Shift, turn, stretch, bend and crop; what falls outside is black or stretched from the rim."""
    zoom, aspect, turn = rng.uniform(0.66, 1.40), rng.uniform(0.8, 1.22), np.deg2rad(rng.normal(0, 4))
    y, x = np.mgrid[0:INPUT, 0:INPUT].astype(np.float32) / INPUT - 0.5
    u = (x * np.cos(turn) - y * np.sin(turn)) / (zoom * aspect)
    v = (x * np.sin(turn) + y * np.cos(turn)) / (zoom / aspect)
    u += (
        rng.normal(0, 0.045)
        + 0.02 * rng.random() * cv2.resize(noise_field(rng, 4), (INPUT, INPUT))
        + rng.normal(0, 0.06) * u * np.abs(u) * 2
    )
    v += rng.normal(0, 0.055) + 0.02 * rng.random() * cv2.resize(noise_field(rng, 4), (INPUT, INPUT)) + rng.normal(0, 0.10) * v * v
    u += rng.normal(0, 0.10) * u * v  # wider above or below
    border = cv2.BORDER_CONSTANT if rng.random() < 0.45 else cv2.BORDER_REPLICATE
    at = ((u + 0.47) * STORE).astype(np.float32), ((v + 0.45) * STORE).astype(np.float32)
    at = at[0] + 0.03 * STORE, at[1]
    film = cv2.remap(film, *at, cv2.INTER_LINEAR, borderMode=border)
    return film, cv2.remap(targets, *at, cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT)


def spoil(rng, film: np.ndarray) -> np.ndarray:
    """Exposure, uneven light, blur, tubes, letters, borders, grain; (INPUT, INPUT) float32 in 0-1."""
    film = (film - film.min()) / max(float(np.ptp(film)), 1e-3)
    y, x = np.mgrid[0:INPUT, 0:INPUT].astype(np.float32) / INPUT - 0.5
    film = film + rng.normal(0, 0.12) * x + rng.normal(0, 0.16) * y
    film = np.clip((film - rng.uniform(-0.05, 0.25)) / rng.uniform(0.6, 1.05), 0, 1) ** rng.uniform(0.5, 1.9)
    if rng.random() < 0.3:
        film = np.tanh(film * rng.uniform(1, 3))
    if rng.random() < 0.3:
        clahe = cv2.createCLAHE(rng.uniform(1, 4), (4, 4))
        film = clahe.apply((255 * np.clip(film, 0, 1)).astype(np.uint8)).astype(np.float32) / 255
    if rng.random() < 0.4:
        film = cv2.GaussianBlur(film, (0, 0), rng.uniform(0.4, 1.4))
    film = np.ascontiguousarray(film, np.float32)
    for _ in range(rng.integers(0, 5) if rng.random() < 0.5 else 0):
        points = (INPUT * (0.5 + 0.3 * rng.standard_normal((4, 2)))).astype(np.int32)
        cv2.polylines(film, [np.round(spline(points, 8)[:24]).astype(np.int32)], False, float(rng.uniform(0.7, 1)), 1, cv2.LINE_AA)
    for _ in range(rng.integers(0, 3)):
        corner = int(rng.integers(0, INPUT - 12)), int(rng.choice([8, INPUT - 4]))
        letter = cv2.putText(np.zeros(film.shape, np.uint8), "RLDAP"[rng.integers(5)], corner, cv2.FONT_HERSHEY_SIMPLEX, 0.35, 1, 1)
        film[letter > 0] = float(rng.random() > 0.1)
    if rng.random() < 0.25:
        for edge in range(4):
            cut = int(rng.integers(0, 10))
            if cut:
                np.rot90(film, edge)[:cut] = rng.choice([0.0, 1.0], p=[0.8, 0.2])
    return np.clip(film + rng.uniform(0, 0.05) * rng.standard_normal(film.shape), 0, 1).astype(np.float32)


def something_else(rng, film: np.ndarray) -> tuple[np.ndarray, str]:
    """A picture (INPUT, INPUT) float32 in 0-1 that is no upright frontal film with bright bones, and its name in KINDS."""
    kind = rng.choice(["inverted", "turned", "limb", "side", "clouds", "shapes", "text"], p=[0.2, 0.1, 0.22, 0.22, 0.1, 0.1, 0.06])
    if kind == "inverted":
        return 1 - film, "inverted"
    if kind == "turned":
        return np.ascontiguousarray(np.rot90(film, rng.integers(1, 4))), "turned"
    if kind == "clouds":
        return _unit(
            sum(cv2.resize(noise_field(rng, n), (INPUT, INPUT)) * n ** -rng.uniform(0.2, 1.2) for n in (3, 6, 12, 24, 48, 96))
        ), "other"
    made = {"limb": _limb, "side": _from_the_side, "shapes": _shapes, "text": _page}[kind](rng)
    if kind == "side":
        matrix = cv2.getRotationMatrix2D((INPUT / 2, INPUT / 2), rng.normal(0, 6), rng.uniform(0.8, 1.35))
        matrix[:, 2] += rng.normal(0, 0.06 * INPUT, 2)
        made = cv2.warpAffine(
            made, matrix, (INPUT, INPUT), borderMode=cv2.BORDER_CONSTANT if rng.random() < 0.6 else cv2.BORDER_REPLICATE
        )
    made = spoil(rng, cv2.GaussianBlur(made, (0, 0), rng.uniform(0.4, 2.5)))
    return made, "side" if kind == "side" else "other"


def _unit(picture: np.ndarray) -> np.ndarray:
    return ((picture - picture.min()) / max(float(np.ptp(picture)), 1e-3)).astype(np.float32)


def _limb(rng) -> np.ndarray:
    """One to six long bones in their flesh: an arm, a leg, a hand."""
    flesh, bone = np.zeros((INPUT, INPUT), np.uint8), np.zeros((INPUT, INPUT), np.uint8)
    root, heading = INPUT * rng.uniform(0.3, 0.7, 2), rng.uniform(0, 2 * np.pi)
    thick = rng.uniform(8, 60)
    for _ in range(rng.integers(1, 7)):
        tip = root + INPUT * rng.uniform(0.3, 0.9) * np.array([np.cos(heading), np.sin(heading)])
        back = root - INPUT * rng.uniform(0, 0.9) * np.array([np.cos(heading), np.sin(heading)])
        ends = tuple(np.int32(back)), tuple(np.int32(tip))
        cv2.line(flesh, *ends, 255, int(thick))
        cv2.line(bone, *ends, 255, max(2, int(thick * rng.uniform(0.25, 0.6))))
        heading += rng.normal(0, 0.35)
        root = root + rng.normal(0, 0.08 * INPUT, 2)
    return _unit(
        rng.uniform(0.3, 0.8) * flesh / 255
        + rng.uniform(0.2, 0.7) * bone / 255
        + 0.04 * cv2.resize(noise_field(rng, 20), (INPUT, INPUT))
    )


def _from_the_side(rng) -> np.ndarray:
    """A chest from the side: one wide air space, the spine along one edge, the heart at the other."""
    layer = np.zeros((INPUT, INPUT), np.float32)
    lean = rng.uniform(-0.08, 0.08)
    trunk = [(0.15, 0.0), (0.85, 0.0), (0.9, 0.4), (0.85, 1.0), (0.12, 1.0), (0.1, 0.4)]
    layer += 0.5 * filled(spline(trunk), 3, INPUT)
    air = [(0.42, 0.12), (0.62, 0.16), (0.74 + lean, 0.45), (0.76 + lean, 0.78), (0.55, 0.68), (0.30, 0.66), (0.22, 0.35)]
    layer -= 0.35 * filled(spline(np.array(air) + rng.normal(0, 0.02, (7, 2))), 2, INPUT)
    layer += 0.25 * filled(spline([(0.24, 0.45), (0.42, 0.42), (0.52, 0.60), (0.40, 0.72), (0.22, 0.68)]), 3, INPUT)
    layer += 0.15 * stroked([arc((0.66, 0.0), (0.84, 0.4), (0.72, 1.0))], 0.09, 2, INPUT)
    for k in range(8):
        layer += 0.04 * stroked([arc((0.78, 0.1 + 0.08 * k), (0.5, 0.12 + 0.1 * k), (0.2, 0.3 + 0.09 * k))], 0.02, 1, INPUT)
    return _unit(layer if rng.random() < 0.5 else layer[:, ::-1])


def _shapes(rng) -> np.ndarray:
    picture = np.full((INPUT, INPUT), rng.random(), np.float32)
    for _ in range(rng.integers(0, 25)):
        centre, axes = tuple(rng.integers(0, INPUT, 2).tolist()), tuple(rng.integers(3, 50, 2).tolist())
        cv2.ellipse(picture, centre, axes, float(rng.uniform(0, 180)), 0, 360, float(rng.random()), -1)
    y, x = np.mgrid[0:INPUT, 0:INPUT] / INPUT
    return _unit(picture + rng.normal(0, 0.4) * x + rng.normal(0, 0.4) * y + rng.normal(0, 0.6) * np.hypot(x - 0.5, y - 0.5))


def _page(rng) -> np.ndarray:
    page = np.zeros((INPUT, INPUT), np.uint8)
    for y in range(8, INPUT, int(rng.integers(6, 14))):
        cv2.line(page, (8, y), (int(rng.integers(40, INPUT)), y), 255, 2, lineType=cv2.LINE_4)
    page[rng.random(page.shape) < 0.25] = 0
    return page.astype(np.float32) / 255 if rng.random() < 0.5 else 1 - page.astype(np.float32) / 255


def sample(rng, pool, others: float) -> tuple[np.ndarray, np.ndarray, int]:
    """Input (1, INPUT, INPUT) as `film_net.prepare` gives it, targets (3, OUTPUT, OUTPUT) in 0-1, index of KINDS."""
    film, targets = warp(rng, *compose(rng, pool[rng.integers(len(pool))]))
    film, kind = spoil(rng, film), "frontal"
    if rng.random() < others:
        (film, kind), targets = something_else(rng, film), np.zeros_like(targets)
    targets = cv2.resize(targets[..., :3], (OUTPUT, OUTPUT), interpolation=cv2.INTER_AREA)
    if rng.random() < 0.5:  # mirrored bodies keep "right" on the left of the picture
        film, targets = film[:, ::-1], targets[:, ::-1][..., [1, 0, 2]]
    return prepare((255 * film).astype(np.uint8)), np.ascontiguousarray(targets.transpose(2, 0, 1)), KINDS.index(kind)


def network():
    from torch import nn

    layers = {name: nn.Conv2d(i, o, k, stride=s, padding=k // 2) for name, i, o, k, s in LAYERS}
    return nn.ModuleDict({**layers, "k": nn.Linear(2 * DEEPEST, len(KINDS))})


def levels(net, x):
    """The maps of the four levels, (n, channels, height, width) each, finest first."""
    from torch.nn.functional import relu

    found = []
    for names in (("a1", "a2"), ("b1", "b2"), ("c1", "c2", "c3"), ("d1", "d2", "d3")):
        for name in names:
            x = relu(net[name](x))
        found.append(x)
    return found


def pooled(d):
    import torch

    return torch.cat([d.mean((2, 3)), d.amax((2, 3))], 1)


def deepest(net, x):
    """(n, 2 * DEEPEST): what the kinds are told from."""
    return pooled(levels(net, x)[-1])


def forward(net, x):
    """The same graph as `film_net.run`, in torch: logits of the maps and of the kinds."""
    import torch
    from torch.nn.functional import interpolate, relu

    def up(x):
        return interpolate(x, scale_factor=2, mode="nearest")

    a, b, c, d = levels(net, x)
    kind = net["k"](pooled(d))
    c = relu(net["e"](torch.cat([up(d), c], 1)))
    b = relu(net["f"](torch.cat([up(c), b], 1)))
    return net["h"](relu(net["g"](torch.cat([up(b), a], 1)))), kind


def batch(rng, pool, size: int, others: float):
    """Inputs (size, 1, INPUT, INPUT), targets (size, 3, OUTPUT, OUTPUT) and kinds (size,) as tensors."""
    import torch

    made = [sample(rng, pool, others) for _ in range(size)]
    x, y = (torch.from_numpy(np.stack([one[k] for one in made])) for k in (0, 1))
    return x, y, torch.tensor([one[2] for one in made])


def learn_maps(net, rng, pool, steps: int, size: int) -> None:
    """Lung fields and heart, on frontal films alone: with other kinds among them the borders were no better."""
    import torch

    started = time.monotonic()
    optimizer = torch.optim.AdamW(net.parameters(), lr=3e-3, weight_decay=1e-4)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 4e-3, total_steps=steps, pct_start=0.15)
    for step in range(1, steps + 1):
        x, y, _ = batch(rng, pool, size, 0.0)
        logits, _ = forward(net, x)
        p = torch.sigmoid(logits)
        overlap = (2 * (p * y).sum((2, 3)) + 1) / ((p + y).sum((2, 3)) + 1)
        loss = torch.nn.functional.binary_cross_entropy_with_logits(logits, y) + 0.5 * (1 - overlap).mean()
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(net.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        if step % 50 == 0:
            print(f"step {step}: loss {loss.item():.4f}, {time.monotonic() - started:.0f} s", flush=True)


def learn_kinds(net, rng, pool, count: int, size: int) -> None:
    """The kinds, on the deepest level of the maps' network, which stays as it is. Half of the pictures are no frontal films."""
    import torch

    features, kinds = [], []
    with torch.no_grad():
        for _ in range(count // size):
            x, _, kind = batch(rng, pool, size, 0.5)
            features.append(deepest(net, x))
            kinds.append(kind)
    x, y = torch.cat(features), torch.cat(kinds)
    middle, spread = x.mean(0), x.std(0) + 1e-3
    head = torch.nn.Linear(x.shape[1], len(KINDS))
    optimizer = torch.optim.Adam(head.parameters(), lr=0.02, weight_decay=1e-4)
    for _ in range(800):
        loss = torch.nn.functional.cross_entropy(head((x - middle) / spread), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    right = (head((x - middle) / spread).argmax(1) == y).float().mean()
    print(f"kinds: loss {loss.item():.3f}, right {right.item():.3f}")
    with torch.no_grad():
        net["k"].weight.copy_(head.weight / spread)
        net["k"].bias.copy_(head.bias - (head.weight * middle / spread).sum(1))


def train(bodies: int, steps: int, size: int, kinds: int, seed: int):
    """The network, all from one seed and on one thread: the same numbers give the same weights, bit by bit."""
    import torch

    torch.set_num_threads(1)  # sums over several threads are not taken in one order
    torch.use_deterministic_algorithms(True)
    torch.manual_seed(seed)
    cv2.setNumThreads(1)
    rng = np.random.default_rng(seed)
    pool = [drawn_layers(rng) for _ in range(bodies)]
    net = network()
    learn_maps(net, rng, pool, steps, size)
    learn_kinds(net, rng, pool, kinds, size)
    return net


def save(out: str, net) -> None:
    weights = {
        f"{name}.{part}": tensor.detach().numpy().astype(np.float16)
        for name, layer in net.items()
        for part, tensor in layer.named_parameters()
    }
    np.savez_compressed(out, **weights)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", required=True, help="file to write, .npz")
    parser.add_argument("--bodies", type=int, default=120)
    parser.add_argument("--steps", type=int, default=700)
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--kinds", type=int, default=2400, help="pictures on which the kinds are learned")
    parser.add_argument("--seed", type=int, default=SEED)
    args = parser.parse_args()
    save(args.out, train(args.bodies, args.steps, args.batch, args.kinds, args.seed))
