"""How the tools speak: one sentence for a person, never a stack trace for what could be foreseen."""

import sys


class Trouble(Exception):
    """A foreseeable fault, told as sentences that say what to do next."""


def say(text: str) -> None:
    print(text, flush=True)


def complain(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
