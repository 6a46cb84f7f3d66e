"""Who calls the service layer."""

from dataclasses import dataclass
from enum import StrEnum


class Role(StrEnum):
    VIEWER = "viewer"
    ANNOTATOR = "annotator"
    CLINICIAN = "clinician"
    EXPERT = "expert"
    ADMIN = "admin"


@dataclass(frozen=True)
class Actor:
    id: str
    name: str
    role: Role
    project: str = "default"


# Without accounts the app is for one person on this machine: the local owner may do everything.
LOCAL_OWNER = Actor("local", "local owner", Role.ADMIN)
