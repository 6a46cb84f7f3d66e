"""How much of anything is enough. A film of today's detectors has 10 to 18 million pixels."""

FILE_BYTES = 64 * 2**20
TEXT_BYTES = 200_000  # of the cleaned text as UTF-8
PIXELS = 40_000_000
DICOM_DATA_BYTES = 64 * 2**20  # a deflated data set, inflated

CHILD_MEMORY_BYTES = 2 * 2**30
CHILD_CPU_S = 10
CHILD_WALL_S = 15
