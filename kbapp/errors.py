"""Every error of the workbench, drawn as one tree.

KbError
├── UserError             the person can mend it: one sentence saying what was expected and what to do
│   ├── InputError        an uploaded or pasted content is unfit
│   ├── PriorError        a domain prior is not valid (knows the line)
│   ├── NotFound          no such case, completion, prior ...
│   ├── DecisionRefused   the step is not allowed from here
│   │   └── Stale         somebody else was faster, or the page is old
│   ├── NotAllowed        the actor's role does not permit this
│   └── SettingsError     a setting or option is not usable
├── EngineError           an engine failed; trying again may help
│   ├── ExtractionError   step 1 gave no usable graph (keeps the raw reply)
│   ├── GenerationError   step 2 gave no candidate
│   ├── ModelUnavailable  a model, its weights or its server cannot be reached
│   ├── ModelBusy         the queue is full
│   │   └── CardFull      no room on the card for this work
│   └── CardBroken        the card fails every call until the process that uses it is started again
├── Cancelled             the person stopped the work
└── StoreError            database or artifact trouble
    └── ArtifactTampered  a stored file no longer has the hash in its name

The edges (command line, pages, routes) show `str(error)` of a KbError and nothing of any other exception.
"""


class KbError(Exception):
    """Base of all. `code` is stable and short, for logs, tests and scripts."""

    code = "error"

    def __init__(self, message: str, *, code: str | None = None):
        super().__init__(message)
        if code:
            self.code = code


class UserError(KbError):
    code = "user"


class InputError(UserError):
    """An unfit content. Codes used: see `kbapp.ingest`."""

    code = "input"


class PriorError(UserError):
    """A domain prior that does not hold to the schema."""

    code = "prior_invalid"

    def __init__(self, message: str, *, source: str = "", line: int | None = None, code: str | None = None):
        self.source, self.line = source, line
        where = f"{source or 'prior'}, line {line}: " if line else f"{source}: " if source else ""
        super().__init__(where + message, code=code)


class NotFound(UserError):
    code = "not_found"


class DecisionRefused(UserError):
    code = "refused"


class Stale(DecisionRefused):
    code = "stale"


class NotAllowed(UserError):
    code = "not_allowed"


class SettingsError(UserError):
    code = "settings"


class EngineError(KbError):
    code = "engine"


class ExtractionError(EngineError):
    """Step 1 failed for good, after its retries. `raw_reply` is what the model said last, untouched."""

    code = "extraction"

    def __init__(self, message: str, *, raw_reply: str = "", code: str | None = None):
        self.raw_reply = raw_reply
        super().__init__(message, code=code)


class GenerationError(EngineError):
    code = "generation"


class ModelUnavailable(EngineError):
    code = "model_unavailable"


class ModelBusy(EngineError):
    code = "model_busy"


class CardFull(ModelBusy):
    code = "card_full"


class CardBroken(EngineError):
    code = "card_broken"


class Cancelled(KbError):
    code = "cancelled"


class StoreError(KbError):
    code = "store"


class ArtifactTampered(StoreError):
    code = "artifact_tampered"
