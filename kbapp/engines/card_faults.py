"""What a library's error says of the card: no room for this work, or nothing works any more.

CUDA reports two kinds of errors. Most belong to one call. A few spoil the whole process ("sticky": CUDA's runtime API manual, cudaError):
each later call fails with the same words until another process begins anew. The libraries raise both as plain `RuntimeError`, or as
`torch.AcceleratorError` in newer versions, and only the words tell them apart.
"""

from collections.abc import Iterator

from kbapp.errors import CardBroken, CardFull

_FULL = ("CUDA error: out of memory", "CUBLAS_STATUS_ALLOC_FAILED", "CUDNN_STATUS_ALLOC_FAILED")
_BROKEN = (
    "device-side assert triggered",
    "illegal memory access",
    "misaligned address",
    "illegal instruction",
    "invalid program counter",
    "invalid address space",
    "operation not supported on global/shared address space",
    "hardware stack error",
    "unspecified launch failure",
    "the launch timed out",
    "uncorrectable ECC error",
    "uncorrectable NVLink error",
    "CUBLAS_STATUS_EXECUTION_FAILED",
    "CUDNN_STATUS_EXECUTION_FAILED",
)


def fault_of(error: BaseException, what: str = "this work") -> CardFull | CardBroken | None:
    """The card's part in an error, or None: the error itself, or one that it was raised from, as the libraries wrap them.

    A new error without the old one's frames, since these hold the tensors that filled the card.
    """
    for one in _with_causes(error):
        if isinstance(one, CardFull | CardBroken):
            return type(one)(str(one))
        said = str(one) if isinstance(one, RuntimeError) else ""
        if any(words in said for words in _BROKEN):
            return CardBroken(
                f"the card has failed ({_first_line(said)}), and nothing works on it before the server is started again."
            )
        if type(one).__name__ == "OutOfMemoryError" or any(words in said for words in _FULL):
            return CardFull(f"the card has no room for {what} now; try again later, with fewer candidates or smaller pictures.")
    return None


def _with_causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__


def _first_line(said: str) -> str:
    return said.strip().splitlines()[0][:200]
