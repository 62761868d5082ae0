"""The commands' help: every option with an example; what scripts and cron rely on is there for all."""

import argparse
import re

import pytest

from index_builder.__main__ import _parser

COMMANDS = next(action for action in _parser()._actions if isinstance(action, argparse._SubParsersAction)).choices


def options(command: str) -> dict[str, argparse.Action]:
    """Long name -> action."""
    return {name: a for a in COMMANDS[command]._actions for name in a.option_strings if name.startswith("--") and name != "--help"}


@pytest.mark.parametrize("command", COMMANDS)
def test_every_option_has_an_example(command):
    examples = COMMANDS[command].epilog.splitlines()[1:]
    without = {name for name, action in options(command).items() if not re.search(rf"as in [^;]*{name}\b", action.help or "")}
    assert not {name for name in without if not any(re.search(rf"{name}(\s|$)", example) for example in examples)}


@pytest.mark.parametrize("command", COMMANDS)
def test_every_example_can_be_parsed(command):
    for example in COMMANDS[command].epilog.splitlines()[1:]:
        words = example.split()
        assert words[:4] == ["python", "-m", "index_builder", command]
        _parser().parse_args(words[3:])


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_can_be_silent_and_all_but_the_demo_print_json(command):
    assert "--quiet" in options(command)
    assert "--json" in options(command) or command == "demo"
