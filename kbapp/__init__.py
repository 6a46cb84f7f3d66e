"""Knowledge Bridger workbench: complete the missing modality of a study, with a person in the loop."""

__version__ = "0.1.0"
