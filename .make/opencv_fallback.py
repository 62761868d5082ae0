"""Swap opencv-python for opencv-python-headless where the system lacks a desktop's libraries (libGL, libxcb, glib).

Run with the python of the environment to check, right after installing. Prints one line only if it changes something.
"""

from __future__ import annotations

import subprocess
import sys
from importlib.metadata import version

DESKTOP = "opencv-python"
HEADLESS = "opencv-python-headless"


def missing_library() -> str:
    """Import cv2 in a fresh interpreter. Returns "" if that works, else the last line of the error."""
    tried = subprocess.run([sys.executable, "-c", "import cv2"], capture_output=True, text=True)
    lines = tried.stderr.strip().splitlines()
    return "" if tried.returncode == 0 else (lines[-1] if lines else f"exit status {tried.returncode}")


def main() -> int:
    """Returns 0 when cv2 can be imported at the end, 1 otherwise."""
    reason = missing_library()
    if not reason:
        return 0
    if "cannot open shared object file" not in reason:
        print(f"OpenCV does not load: {reason}", file=sys.stderr)
        return 1
    release = version(DESKTOP)
    pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check"]
    # Both packages own the same cv2 folder, so the order matters: first out, then in.
    subprocess.run([*pip, "uninstall", "--yes", DESKTOP], check=True)
    subprocess.run([*pip, "install", f"{HEADLESS}=={release}"], check=True)
    print(f"{DESKTOP} needs a library that this system lacks ({reason}); installed {HEADLESS} {release} instead.")
    if reason := missing_library():
        print(f"OpenCV still does not load: {reason}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
