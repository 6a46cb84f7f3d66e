"""Reference bands as JSON: one file per set of pairs.

{"pairs": "what was measured", "prior": "chest-xray@1", "bands": [{"part", "scorer", "domain", "source", "target", "auc",
  "true": {"count", "percentiles": [101 numbers]}, "mismatched": the same}]}
"""

import json
from collections.abc import Sequence
from pathlib import Path

from kbapp.core.band import Band, Reference
from kbapp.core.content import Modality
from kbapp.errors import InputError


def bands_to_json(bands: Sequence[Band], pairs: str, prior: str) -> str:
    """One band a line, so that a changed file can be read."""
    lines = ",\n  ".join(json.dumps(_plain(band)) for band in bands)
    return f'{{"pairs": {json.dumps(pairs)},\n "prior": {json.dumps(prior)},\n "bands": [\n  {lines}]}}\n'


def read_bands(file: Path) -> list[Band]:
    """Raises InputError when the file is no such file."""
    try:
        data = json.loads(file.read_text(encoding="utf-8"))
        return [_band(plain, data["pairs"]) for plain in data["bands"]]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError(
            f"expected a file of reference bands, got {file.name}: {error!r}; make it again with kbapp lab bands"
        ) from error


def _plain(band: Band) -> dict:
    named = {name: getattr(band, name) for name in ("part", "scorer", "domain", "source", "target")}
    kinds = {name: {"count": r.count, "percentiles": list(r.percentiles)} for name, r in _references(band)}
    return {**named, "auc": round(band.auc, 4), **kinds}


def _references(band: Band) -> tuple[tuple[str, Reference], ...]:
    return ("true", band.true), ("mismatched", band.mismatched)


def _band(plain: dict, pairs: str) -> Band:
    true, mismatched = (Reference(plain[k]["count"], tuple(plain[k]["percentiles"])) for k in ("true", "mismatched"))
    source, target = Modality(plain["source"]), Modality(plain["target"])
    return Band(plain["part"], plain["scorer"], plain["domain"], source, target, pairs, true, mismatched, plain["auc"])
