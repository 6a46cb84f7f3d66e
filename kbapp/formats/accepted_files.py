"""Accepted completions as a data set, and one of them as a zip of the same shape.

README.txt                      what is synthetic in it
manifest.jsonl                  one line per case, see `AcceptedFiles.line`; written last: a data set without it is not whole
CASE/synthetic-accepted.png     what was accepted, edits included, as it is stored: a picture carries its mark inside  (or .txt)
CASE/decision.json              who accepted it, when, upon what; a row of the audit
CASE/completion.json ...        the whole completion with its source and every candidate, as `kbapp.formats.completion_files` has it
"""

import hashlib
import io
import json
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass

from kbapp.core.completion import Completion
from kbapp.formats.completion_files import completion_files
from kbapp.formats.completion_json import MEDIA_TYPES

README = "README.txt"
MANIFEST = "manifest.jsonl"
ABOUT = """SYNTHETIC: everything named synthetic-accepted.* and everything in candidates/ was made by the workbench, never taken
from a patient. What was given is in contents/. Research use only. Not for diagnosis.

manifest.jsonl has one line per case with the SHA-256 of each of its files; it is written last.
"""
_EARLIEST = (1980, 1, 1, 0, 0, 0)  # of a zip; the same data set gives the same bytes


@dataclass(frozen=True)
class AcceptedFiles:
    """One accepted case. case: its id, the name of its folder. files: by name within the folder."""

    case: str
    decision: Mapping[str, object]
    files: Mapping[str, bytes]

    @property
    def line(self) -> str:
        """Of the manifest: {"case", "decision", "accepted", "synthetic", "edited", "prior", "profile", "files": {name: SHA-256}}."""
        accepted = next(name for name in self.files if name.startswith("synthetic-accepted."))
        made = self.decision
        told = {"case": self.case, "decision": made["id"], "accepted": accepted, "synthetic": True}
        told |= {"edited": made["action"] == "accept_edited", "prior": made["prior"], "profile": made["profile"]}
        hashes = {name: hashlib.sha256(data).hexdigest() for name, data in sorted(self.files.items())}
        return json.dumps({**told, "files": hashes}, ensure_ascii=False) + "\n"


def accepted_files(
    completion: Completion, times: Mapping[str, object], decision: Mapping[str, object], accepted: bytes, media_type: str
) -> AcceptedFiles:
    """decision: the row of the audit, plain. accepted: the stored file, of that type."""
    ending = next(ending for ending, known in MEDIA_TYPES.items() if known == media_type)
    files = {f"synthetic-accepted.{ending}": accepted}
    files["decision.json"] = (json.dumps({**decision, "synthetic": True}, ensure_ascii=False, indent=1) + "\n").encode()
    return AcceptedFiles(completion.case.id, decision, files | completion_files(completion, times))


def zip_of(one: AcceptedFiles) -> bytes:
    """The data set of this case alone."""
    out = io.BytesIO()
    named = {f"{one.case}/{name}": data for name, data in one.files.items()}
    with zipfile.ZipFile(out, "w") as packed:
        for name, data in {README: ABOUT.encode(), MANIFEST: one.line.encode(), **named}.items():
            packed.writestr(zipfile.ZipInfo(name, _EARLIEST), data, _packing(name))
    return out.getvalue()


def _packing(name: str) -> int:
    return zipfile.ZIP_STORED if name.endswith(".png") else zipfile.ZIP_DEFLATED
