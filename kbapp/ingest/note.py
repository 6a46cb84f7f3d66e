"""What the person should know about a content that was taken."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Note:
    """code: suffix_mismatch, burned_in, mirrored, for_processing, detector_spacing, uneven_spacing, grey_from_colour,
    colour_depth or no_modality. sentence: for the screen."""

    code: str
    sentence: str
