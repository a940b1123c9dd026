"""The whole command line: one command a verb, each calling `main` or one of the direct doors."""

from __future__ import annotations

import argparse

from .agreeing import add_agreeing_commands
from .describing import add_describing_commands
from .evaluating import add_evaluating_commands
from .folder import add_folder_commands
from .listening import add_listening_commands, add_record_and_vote_commands
from .measuring import add_measuring_commands
from .proving import add_proving_commands
from .registering import add_registering_commands

__all__ = ["add_commands"]


def add_commands(parser: argparse.ArgumentParser) -> None:
    """Every command, in the order of the reference page: a programme folder first, then one verb on one file."""
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    add_folder_commands(commands)
    add_registering_commands(commands)
    add_proving_commands(commands)
    add_describing_commands(commands)
    add_agreeing_commands(commands)
    add_record_and_vote_commands(commands)
    add_measuring_commands(commands)
    add_evaluating_commands(commands)
    add_listening_commands(commands)
