"""Make the virtual environment and install the pinned requirements, saying in plain words what the system lacks.

    python3 .make/install.py VENV REQUIREMENTS.txt

Runs on the system's python with nothing but its standard library.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

OLDEST = (3, 11)
HERE = Path(__file__).parent
READY_MADE = "chroma-hnswlib==0.7.6"


class Stop(Exception):
    """What the system lacks, in one sentence fit to be shown."""


def pinned(requirements: Path, name: str) -> str:
    """The line `name==version` of a requirements file. Raises Stop if the file does not pin that name."""
    for line in requirements.read_text().splitlines():
        if line.split("==")[0].strip() == name:
            return line.strip()
    raise Stop(f"{requirements} does not pin {name}.")


def make_environment(venv: Path) -> Path:
    """Create the environment if there is none. Returns its python. Raises Stop without Python 3.11 or venv."""
    if sys.version_info < OLDEST:
        raise Stop(f"Racklens needs Python 3.11 or later, this is {sys.version.split()[0]}: make PYTHON=/path/to/python3.11 run")
    python = venv / "bin" / "python"
    # pip is looked for as well: a creation that stopped for want of ensurepip leaves a python without it.
    if not (venv / "bin" / "pip").exists():
        made = subprocess.run([sys.executable, "-m", "venv", "--clear", str(venv)], capture_output=True, text=True)
        if made.returncode:
            raise Stop(f"Python cannot make a virtual environment; on Debian: apt-get install python3-venv\n{made.stdout}{made.stderr}")
    return python


def lacking_for_compiling() -> str:
    """What is missing to compile a C++ extension, as a Debian package name; "" if nothing is."""
    if not any(shutil.which(name) for name in (os.environ.get("CXX", "c++"), "g++", "clang++")):
        return "g++"
    return "" if Path(sysconfig.get_path("include"), "Python.h").exists() else "python3-dev"


def ready_made_hnswlib(python: Path, requirement: str) -> str:
    """hnswlib comes as source. Where nothing can be compiled, the same module ready-made, installed and named; "" if pip may compile.

    chroma-hnswlib is Chroma's build of hnswlib, published with wheels; it gives the same module `hnswlib` and file format.
    Raises Stop where there is no wheel for this Python either.
    """
    lacking = lacking_for_compiling()
    if not lacking:
        return ""
    for name in (requirement, READY_MADE):
        pip = [python, "-m", "pip", "--disable-pip-version-check", "install", "--quiet", "--no-deps", "--only-binary", ":all:", name]
        if subprocess.run(pip, capture_output=True).returncode == 0:
            print(f"Nothing here compiles C++ ({lacking} is missing): {name} takes the place of hnswlib's source.", flush=True)
            return name
    raise Stop(f"{requirement} is compiled while it installs, and this system cannot: on Debian, apt-get install {lacking}")


def without(requirements: Path, name: str, into: Path) -> Path:
    """The requirements but for one name, as a new file."""
    lines = [line for line in requirements.read_text().splitlines() if line.split("==")[0].strip() != name]
    into.write_text("\n".join(lines) + "\n")
    return into


def install(venv: Path, requirements: Path) -> None:
    """Everything of the requirements file, CUDA's libraries if there is an NVIDIA driver, and a cv2 that loads."""
    python = make_environment(venv)
    chosen = requirements
    if ready_made_hnswlib(python, pinned(requirements, "hnswlib")):
        chosen = without(requirements, "hnswlib", venv / "requirements-without-hnswlib.txt")
    pip = [python, "-m", "pip", "--disable-pip-version-check", "install", "--quiet", "--requirement", chosen]
    if shutil.which("nvidia-smi"):
        # The wheel finds CUDA's libraries when they come from the same index and the same major version.
        pip.append(pinned(requirements, "onnxruntime-gpu").replace("==", "[cuda,cudnn]=="))
        print("NVIDIA driver found: installing the CUDA libraries too.", flush=True)
    print(f"Installing {requirements} into {venv} ...", flush=True)
    if subprocess.run(pip).returncode:
        raise Stop("pip could not install the requirements; its last lines above say why.")
    if subprocess.run([python, HERE / "opencv_fallback.py"]).returncode:
        raise Stop("OpenCV cannot be used on this system.")


def main(arguments: list[str]) -> int:
    try:
        install(Path(arguments[0]), Path(arguments[1]))
    except Stop as stop:
        print(f"racklens: {stop}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
