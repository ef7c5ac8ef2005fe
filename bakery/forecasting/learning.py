"""The price model learns from what staff decided: trained, judged against the one in service, swapped only if better.

For workers and commands: training imports NumPy and XGBoost. Web processes ask `learning_runs` for a training and
put versions into service through `swaps`.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import structlog
from sqlalchemy import select
from sqlalchemy.orm import Session

from bakery.core import clock
from bakery.core.actor import SYSTEM, Actor
from bakery.core.errors import Invalid
from bakery.forecasting import learning_rows, learning_runs, versions
from bakery.forecasting.models import PriceModelVersion
from bakery.forecasting.shelf import START
from bakery.forecasting.states import RunState, VersionState
from bakery.infra.db import db
from bakery.infra.transaction import end_read, transaction
from bakery.messages.operations import raise_alert
from models_ml.pricing import artifact
from models_ml.pricing.artifact import BrokenArtifact
from models_ml.pricing.cakes import PastCake
from models_ml.pricing.evaluation import FAIR_CAKES, Verdict
from models_ml.pricing.serving import PriceModel
from models_ml.pricing.sweeps import falls
from models_ml.pricing.training import Candidate, CannotTrain, check_variety, judge, train

log = structlog.get_logger(__name__)
Tell = Callable[[int, str], None]

# Builds, prices and days that so few cakes must have at least.
OWN_VARIED = (10, 10, 10)
# From here on the invented cakes that came with the shop are left out.
OWN_ALONE = 400
SWEPT_CAKES, SWEPT_SEED = 270, 5
# Of the time a training takes, the part until it is measured.
TRAINED = 85


@dataclass(frozen=True, slots=True)
class Lesson:
    """What a version is trained on: the cakes, those to measure on, and where they are from, for people."""

    cakes: tuple[PastCake, ...]
    held_out: frozenset[str]
    source: str


@dataclass(frozen=True, slots=True)
class Learned:
    """How a training ended. `version` is None when nothing was stored."""

    outcome: str
    version: str | None = None
    state: VersionState | None = None
    metrics: dict[str, Any] | None = None


def retrain(run_id: int | None, actor: Actor = SYSTEM, tell: Tell | None = None) -> Learned | None:
    """Train a version, judge it, and put it into service if it is better. None when the run was over already.

    Refuses with Conflict while another process trains, and with Invalid (the count in it) what cannot be learned
    from; the run says so as well. Killed at any moment it leaves the version in service as it was: a version and
    its files come into being in one transaction, the last.
    """
    with learning_runs.alone():
        begun = learning_runs.begin(run_id, actor)
        if begun is None:
            return None
        try:
            return _learn(begun, tell or (lambda *_: None))
        except CannotTrain as error:
            _close(begun, RunState.REFUSED, str(error))
            raise Invalid(str(error)) from None
        except BaseException as error:
            # A job's run goes on with its next attempt; nobody comes back to a command's.
            if run_id is None:
                _close(begun, RunState.FAILED, f"It ended early ({type(error).__name__}).")
            raise


def make_lesson(own: Sequence[PastCake], start: Sequence[PastCake], of_the_demo: int = 0) -> Lesson:
    """The shop's own cakes, the newest of them held out; filled up with the start's while they are few.

    Refuses (`CannotTrain`, with the counts) too few own cakes, and too much alike ones.
    """
    count = len(own)
    if count < learning_rows.ENOUGH:
        raise CannotTrain(
            f"There are {count} decided cakes with a price; {learning_rows.ENOUGH} are needed to retrain."
        )
    check_variety(own, OWN_VARIED)
    alone = count >= OWN_ALONE
    held = max(FAIR_CAKES, count * 18 // 100 if alone else count // 3)
    newest = sorted(own, key=lambda past: (past.decided_on, past.ref))[-held:]
    # The cakes of one day stay together.
    first = newest[0].decided_on
    held_out = frozenset(past.ref for past in own if past.decided_on >= first)
    decided = f"{count:,} cakes that this shop decided on"
    if of_the_demo:
        decided += f" ({of_the_demo} of them invented with the demo shop)"
    if alone:
        return Lesson(tuple(own), held_out, decided)
    return Lesson(
        (*start, *own), held_out, f"{decided} and {len(start):,} invented ones that came with the model"
    )


def _learn(run_id: int, tell: Tell) -> Learned:
    def say(percent: int, text: str) -> None:
        learning_runs.note(run_id, percent, text)
        tell(percent, text)

    say(0, "Reading what was decided")
    begun_at = time.monotonic()
    own = learning_rows.own_cakes(db.session())
    serving, serving_id = _serving()
    end_read()
    lesson = make_lesson(own.cakes, _start_cakes(), own.of_the_demo)
    made = train(
        lesson.cakes,
        source=lesson.source,
        held_out=lesson.held_out,
        own={past.ref for past in own.cakes},
        progress=lambda percent, text: say(percent * TRAINED // 100, text),
    )
    say(TRAINED, "Looking for cakes that would become cheaper as they grow")
    swept = falls(made.model(), clock.now().date(), cakes=SWEPT_CAKES, seed=SWEPT_SEED)
    say(95, "Comparing with the version in service")
    verdict = _verdict(made, serving, len(swept.falls))
    manifest = made.manifest | {
        "own_rows": len(own.cakes),
        "left_out": own.left_out,
        "sweeps": {"compared": swept.compared, "by_model": swept.by_model, "falls": len(swept.falls)},
        "seconds": round(time.monotonic() - begun_at, 1),
    }
    with transaction() as session:
        return _keep(session, run_id, Candidate(made.files, manifest, made.held_out), verdict, serving_id)


def _verdict(made: Candidate, serving: PriceModel | None, fallen: int) -> Verdict:
    if fallen:
        return Verdict(
            False, f"Kept as it is: the new model makes {fallen} cakes cheaper when there is more of them."
        )
    return judge(made, serving)[0]


def _keep(
    session: Session, run_id: int, made: Candidate, verdict: Verdict, judged_against: int | None
) -> Learned:
    """Store the version, and put it into service if it may be: all in the open transaction."""
    versions.lock_swaps(session)
    name, metrics = made.manifest["version"], made.manifest["metrics"]
    known = session.scalar(select(PriceModelVersion).where(PriceModelVersion.name == name))
    if known is not None:
        outcome = f"Nothing new to learn: the same cakes make version {name} again, which is kept as it is."
        learning_runs.end(session, run_id, RunState.DONE, outcome, known.id)
        return Learned(outcome, name, VersionState(known.state), metrics)
    _enter_start(session)
    state, outcome = _state_of(session, verdict, judged_against)
    stored = VersionState.REJECTED if state is VersionState.REJECTED else VersionState.CANDIDATE
    row = versions.store(session, made.files, made.manifest, stored, outcome)
    if state is VersionState.SERVING:
        versions.serve(session, row, SYSTEM, outcome)
    else:
        text = f"A new price model ({name}) was trained and is not in service. {outcome}"
        raise_alert(session, "price_model", f"price_model:{state.value.lower()}", text)
    learning_runs.end(session, run_id, RunState.DONE, outcome, row.id)
    log.info("price_model_trained", version=name, state=state.value)
    return Learned(outcome, name, state, metrics)


def _state_of(session: Session, verdict: Verdict, judged_against: int | None) -> tuple[VersionState, str]:
    """What becomes of a version: a person's choice is replaced by persons only."""
    if not verdict.promote:
        return VersionState.REJECTED, verdict.reason
    serving = versions.serving_row(session)
    if judged_against is not None and (serving is None or serving.id != judged_against):
        return (
            VersionState.CANDIDATE,
            "Better, but another version was put into service while it was trained.",
        )
    if serving is not None and serving.chosen:
        return VersionState.CANDIDATE, (
            f"Better than {serving.name}, which somebody chose instead of a newer version: put it into service by hand."
        )
    return VersionState.SERVING, verdict.reason


def _serving() -> tuple[PriceModel | None, int | None]:
    """The model in service, to be judged against; None when it cannot be read."""
    session = db.session()
    row = versions.serving_row(session)
    try:
        found = versions.read(session, row.name) if row else artifact.read(START)
        return PriceModel.made_of(*found), row.id if row else None
    except BrokenArtifact as error:
        log.error("price_model_broken", version=row.name if row else "start", reason=str(error))
        return None, row.id if row else None


def _start_cakes() -> list[PastCake]:
    try:
        files, _ = artifact.read(START)
        return artifact.cakes_from_csv(files[artifact.CAKES])
    except BrokenArtifact as error:
        raise CannotTrain(f"The cakes that came with the shop cannot be read: {error}.") from None


def _enter_start(session: Session) -> None:
    """The first version of a shop's own needs one to go back to."""
    try:
        versions.enter_start(session, *artifact.read(START))
    except BrokenArtifact as error:
        log.error("price_model_broken", version="start", reason=str(error))


def _close(run_id: int, state: RunState, why: str) -> None:
    with transaction() as session:
        learning_runs.end(session, run_id, state, why)
