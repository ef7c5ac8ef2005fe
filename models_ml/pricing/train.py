"""`python -m models_ml.pricing.train --demo`: make the starting version and its card again, from the demo history.

With --out FOLDER they go there instead. Without a change to this package or its libraries the files of the version
are the same, bit for bit; only the times on the card are this machine's.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

from models_ml.pricing import artifact
from models_ml.pricing.cakes import PastCake
from models_ml.pricing.card import Measured, card
from models_ml.pricing.demo import demo_history
from models_ml.pricing.serving import PriceModel
from models_ml.pricing.sweeps import falls
from models_ml.pricing.training import Candidate, Progress, train

HERE = Path(__file__).parent
START = HERE / "start"
DEMO = "an invented history of the demo shop (models_ml/pricing/demo.py); nobody ordered these cakes"
TIMED_ROWS, TIMED_ANSWERS, SWEPT_CAKES = 5_000, 300, 4_000


def make_demo_version(folder: Path, say: Progress | None = None) -> Candidate:
    """Train on the demo history and write the version into a folder."""
    found = train(demo_history(), source=DEMO, progress=say)
    artifact.write(folder, found.files, found.manifest)
    return found


def measure_more(model: PriceModel, cakes: list[PastCake]) -> Measured:
    """Times on this machine, and the sweeps over random cakes."""
    many = demo_history(TIMED_ROWS)
    start = time.perf_counter()
    train(many, source=DEMO)
    seconds = time.perf_counter() - start
    spent = []
    for past in cakes[:TIMED_ANSWERS]:
        start = time.perf_counter()
        model.predict(past.cake, past.decided_on)
        spent.append(1000 * (time.perf_counter() - start))
    spent.sort()
    swept = falls(model, cakes[-1].decided_on, cakes=SWEPT_CAKES, seed=11)
    return Measured(
        seconds,
        spent[len(spent) // 2],
        spent[len(spent) * 95 // 100],
        swept.compared,
        swept.by_model,
        swept.falls,
    )


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")


def _count(percent: int, text: str) -> None:
    _say(f"{percent:3} %  {text}")


def main(arguments: list[str]) -> int:
    """The command. Refuses anything but the demo: the shop's own cakes are trained on by its worker."""
    parser = argparse.ArgumentParser(prog="python -m models_ml.pricing.train", description=__doc__)
    parser.add_argument(
        "--demo", action="store_true", required=True, help="train on the invented demo history"
    )
    parser.add_argument(
        "--out", type=Path, default=START, help="where the version goes (default: %(default)s)"
    )
    chosen = parser.parse_args(arguments)
    made = make_demo_version(chosen.out, _count)
    measured = measure_more(made.model(), list(made.held_out))
    where = HERE / "CARD.md" if chosen.out == START else chosen.out / "CARD.md"
    where.write_text(card(made, measured))
    _say(f"version {made.manifest['version']} in {chosen.out}, its card in {where}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
