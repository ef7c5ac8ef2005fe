"""State machines as tables. A move the table does not name is refused, never ignored."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Generic, TypeVar

from bakery.core.errors import InvalidTransition

S = TypeVar("S", bound=StrEnum)


class Machine(Generic[S]):
    """Which state may follow which. `name` is the word people read in a refusal."""

    def __init__(self, name: str, moves: Mapping[S, frozenset[S]]) -> None:
        self.name = name
        self.moves = moves

    def allowed(self, current: S) -> frozenset[S]:
        """The states that may follow."""
        return self.moves.get(current, frozenset())

    def check(self, current: S, target: S) -> None:
        """Refuse a move that the table does not name."""
        if target not in self.allowed(current):
            raise InvalidTransition(f"A {self.name} that is {words(current)} cannot become {words(target)}.")


def find_state(states: type[S], text: str) -> S | None:
    """The member whose value is `text`; None when there is none (what forms and addresses carry)."""
    return next((state for state in states if state.value == text), None)


def words(state: StrEnum) -> str:
    """`PENDING_PAYMENT` as people read it: "pending payment"."""
    return state.value.replace("_", " ").lower()
