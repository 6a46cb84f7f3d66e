"""Draw the sample films of assets/samples again: `python assets/draw_samples.py`. Same version, same bytes."""

import json
from pathlib import Path

from kbapp.formats.picture import encode_png
from kbapp.priors.document import parse_prior
from kbapp.priors.version import PriorVersion
from kbapp.profiles import builtin
from kbapp.resources import DOMAINS
from kbapp.settings import Settings

FOLDER = Path(__file__).parent / "samples"


def main() -> None:
    text = (DOMAINS / "chest-xray.yaml").read_text()
    prior = PriorVersion(parse_prior(text), 1, text)
    films = [sample for sample in json.loads((FOLDER / "samples.json").read_text()) if "prompt" in sample]
    pictures = builtin(Settings()).image_generator.generate([f["prompt"] for f in films], [f["seed"] for f in films], prior)
    for film, picture in zip(films, pictures, strict=True):
        (FOLDER / film["file"]).write_bytes(encode_png(picture.pixels, {"synthetic": "true", "Description": "SYNTHETIC sample, schematic"}))


if __name__ == "__main__":
    main()
