"""Bytes in, validated contents out.

    bytes -> sniff (what the content is, whatever its name says)
          -> text:            cleaned here                                    -> TextContent
          -> PNG, JPEG, DICOM: decoded in a limited child that dies afterwards -> ImageContent

Every fault is an `InputError` with one sentence for people and one of these codes for scripts:

    empty, too_large, type_unsupported, type_mismatch,
    text_empty, text_too_large, text_encoding, no_text,
    image_too_large, image_corrupt, image_animated, image_blank,
    dicom_corrupt, dicom_no_pixels, dicom_directory, dicom_modality, dicom_body_part, dicom_frames, dicom_colour,
    dicom_depth, dicom_values, dicom_pixels_length, dicom_codec,
    decode_timeout, decode_failed
"""

from kbapp.ingest.intake import Intake, examine, ingest
from kbapp.ingest.name import sanitize_name
from kbapp.ingest.note import Note
from kbapp.ingest.text import clean_text, ingest_text, looks_like_text

__all__ = ["Intake", "Note", "clean_text", "examine", "ingest", "ingest_text", "looks_like_text", "sanitize_name"]
