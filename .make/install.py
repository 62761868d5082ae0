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


def check_hnswlib(python: Path, requirement: str) -> None:
    """hnswlib comes as source. Without a compiler only a ready-made wheel helps; raises Stop if there is none."""
    lacking = lacking_for_compiling()
    if not lacking:
        return
    tried = subprocess.run([python, "-m", "pip", "install", "--quiet", "--only-binary", "hnswlib", requirement], capture_output=True)
    if tried.returncode:
        raise Stop(f"{requirement} is compiled while it installs, and this system cannot: on Debian, apt-get install {lacking}")


def install(venv: Path, requirements: Path) -> None:
    """Everything of the requirements file, CUDA's libraries if there is an NVIDIA driver, and a cv2 that loads."""
    python = make_environment(venv)
    pip = [python, "-m", "pip", "--disable-pip-version-check", "install", "--quiet", "--requirement", requirements]
    check_hnswlib(python, pinned(requirements, "hnswlib"))
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
