"""Knowledge Bridger workbench: complete the missing modality of a study, with a person in the loop."""

import os

__version__ = "0.1.0"

# Before numpy is loaded: its products here are small, so threads inside one cost more than they give, and would make the last bits of a
# result depend on the number of processors. Many pictures at once have threads of their own (kbapp.in_order).
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
