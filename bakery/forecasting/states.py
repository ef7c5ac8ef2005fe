"""The life of a version of the price model, and of the training that makes one."""

from __future__ import annotations

from enum import StrEnum

from bakery.core.states import Machine


class VersionState(StrEnum):
    """CANDIDATE: better, and waits for a person. REJECTED: kept to look at, never in service."""

    CANDIDATE = "CANDIDATE"
    SERVING = "SERVING"
    RETIRED = "RETIRED"
    REJECTED = "REJECTED"


_V = VersionState

VERSION = Machine(
    "version of the price model",
    {
        _V.CANDIDATE: frozenset({_V.SERVING}),
        _V.SERVING: frozenset({_V.RETIRED}),
        _V.RETIRED: frozenset({_V.SERVING}),
        _V.REJECTED: frozenset(),
    },
)


class RunState(StrEnum):
    """REFUSED: there was nothing to learn from, and the outcome says how much there was."""

    QUEUED = "QUEUED"
    RUNNING = "RUNNING"
    DONE = "DONE"
    REFUSED = "REFUSED"
    FAILED = "FAILED"


_N = RunState

# Back to QUEUED never: a run whose worker died goes on as it is when the next worker takes it.
RUN = Machine(
    "retraining",
    {
        _N.QUEUED: frozenset({_N.RUNNING, _N.FAILED}),
        _N.RUNNING: frozenset({_N.RUNNING, _N.DONE, _N.REFUSED, _N.FAILED}),
        _N.DONE: frozenset(),
        _N.REFUSED: frozenset(),
        _N.FAILED: frozenset(),
    },
)
OPEN_RUNS = (RunState.QUEUED, RunState.RUNNING)
