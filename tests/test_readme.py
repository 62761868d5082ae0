"""The README's promises: the two commands, and that each command it shows exists with the options shown."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
SHOWN = sorted(set(re.findall(r"python -m (?:edge|index_builder) [a-z]+(?: [^`|\n]*)?", README)))
WITH_COMMANDS_OF_ITS_OWN = {"journal"}


def test_the_readme_names_the_two_commands_and_the_makefile_has_them() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for command in ("run", "test"):
        assert f"make {command}" in README
        assert re.search(rf"^{command}:", makefile, re.MULTILINE)


@pytest.mark.parametrize("contract", ["edge lookup", "edge segment", "edge doctor", "index_builder build", "index_builder evaluate"])
def test_the_readme_shows_each_command_of_the_contract(contract: str) -> None:
    assert any(command.startswith(f"python -m {contract}") for command in SHOWN)


@pytest.mark.parametrize("command", SHOWN)
def test_a_command_in_the_readme_exists_with_its_options(command: str) -> None:
    _, _, module, name, *arguments = command.split()
    names = [name, arguments[0]] if name in WITH_COMMANDS_OF_ITS_OWN else [name]
    helped = subprocess.run([sys.executable, "-m", module, *names, "--help"], cwd=ROOT, capture_output=True, text=True)
    assert helped.returncode == 0, helped.stderr
    for option in (argument for argument in arguments if argument.startswith("--")):
        assert option in helped.stdout


def test_every_variable_the_code_reads_is_in_the_readme() -> None:
    files = [ROOT / "app.py", *(ROOT / "app_pages").rglob("*.py"), *(ROOT / "edge").rglob("*.py"), *(ROOT / "index_builder").rglob("*.py")]
    read = {name for file in files for name in re.findall(r"RACKLENS_[A-Z_]+", file.read_text(encoding="utf-8"))}
    assert {name for name in read if name not in README} == set()
