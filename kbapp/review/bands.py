"""Reference bands: those measured on this machine (`kbapp lab bands`), then those that ship."""

import logging
from pathlib import Path

from kbapp.core.actor import Actor
from kbapp.core.band import Band
from kbapp.core.completion import Completion
from kbapp.errors import InputError
from kbapp.formats.band_files import read_bands
from kbapp.ranking.bands import bands_for
from kbapp.resources import ASSETS
from kbapp.review.access import EVERYONE, needs
from kbapp.store.layout import bands_folder

log = logging.getLogger(__name__)


class Bands:
    def __init__(self, storage: Path):
        self._folders = (bands_folder(storage), ASSETS / "bands")

    @needs(EVERYONE)
    def of(self, actor: Actor, completion: Completion) -> dict[str, Band]:
        """By part (and "QS"), the bands that hold for this completion. A damaged file is left out, and the log says so."""
        return bands_for(
            completion, [band for folder in self._folders for file in sorted(folder.glob("*.json")) for band in _read(file)]
        )


def _read(file: Path) -> list[Band]:
    try:
        return read_bands(file)
    except InputError as error:
        log.warning("%s", error)  # a page without a band is better than none
        return []
