"""The install step's choices, without a network: pip is replaced by a script that says what it has."""

import importlib.util
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
spec = importlib.util.spec_from_file_location("install", ROOT / ".make" / "install.py")
install = importlib.util.module_from_spec(spec)
spec.loader.exec_module(install)


def pip_that_has(tmp_path: Path, *names: str) -> Path:
    script = tmp_path / "python"
    script.write_text(f"#!{sys.executable}\nimport sys\nsys.exit(0 if sys.argv[-1].split('==')[0] in {names!r} else 1)\n")
    script.chmod(0o755)
    return script


def test_where_a_compiler_is_the_source_is_compiled(tmp_path, monkeypatch):
    monkeypatch.setattr(install, "lacking_for_compiling", lambda: "")
    assert install.ready_made_hnswlib(pip_that_has(tmp_path), "hnswlib==0.8.0") == ""


def test_without_a_compiler_a_ready_made_build_takes_its_place_and_it_is_said(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(install, "lacking_for_compiling", lambda: "g++")
    assert install.ready_made_hnswlib(pip_that_has(tmp_path, "chroma-hnswlib"), "hnswlib==0.8.0") == install.READY_MADE
    assert "g++ is missing" in capsys.readouterr().out


def test_without_any_the_missing_package_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr(install, "lacking_for_compiling", lambda: "g++")
    with pytest.raises(install.Stop, match="apt-get install g\\+\\+"):
        install.ready_made_hnswlib(pip_that_has(tmp_path), "hnswlib==0.8.0")


def test_only_the_named_requirement_is_left_out(tmp_path):
    lines = install.without(ROOT / "requirements.txt", "hnswlib", tmp_path / "r.txt").read_text()
    assert "hnswlib==" not in lines and "numpy==" in lines and "streamlit==" in lines
