"""A model folder -> a checked, running session; which provider was asked for and which was really got. Only importer of onnxruntime."""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import onnxruntime as ort

from edge.errors import ModelError

DEFAULT_MODELS = Path(__file__).resolve().parents[1] / "assets" / "models"


class Engine(Protocol):
    """What a stage needs of a network: arrays in, arrays out."""

    def run(self, x: np.ndarray) -> list[np.ndarray]: ...


@dataclass(frozen=True, slots=True)
class ModelFolder:
    """assets/models/<role>: the ONNX file and the numbers that belong to it. sha256: the ONNX file's."""

    role: str
    path: Path
    spec: dict[str, Any]
    sha256: str

    @property
    def identity(self) -> str:
        """sha256, hex, of the weights and of every number beside them: with another threshold the same weights may give other vectors."""
        return hashlib.sha256(json.dumps({**self.spec, "sha256": self.sha256}, sort_keys=True).encode()).hexdigest()


def read_model_folder(path: Path) -> ModelFolder:
    """Read model.json, check that model.onnx is the file it was written for. Raises ModelError."""
    onnx, spec_file = path / "model.onnx", path / "model.json"
    try:
        spec = json.loads(spec_file.read_text())
        digest = hashlib.sha256(onnx.read_bytes()).hexdigest()
    except FileNotFoundError as error:
        raise ModelError(f"The model file {error.filename} is missing.", path=str(path)) from error
    except (OSError, ValueError) as error:
        raise ModelError(f"The model folder {path} cannot be read ({error}).", path=str(path)) from error
    if spec.get("sha256") != digest:
        raise ModelError(f"{onnx} is damaged or not the file that model.json describes.", path=str(path))
    return ModelFolder(str(spec["role"]), path, spec, digest)


def usable_cpus() -> int:
    """CPUs this process may use; the host's core count would oversubscribe a container."""
    try:
        return max(1, len(os.sched_getaffinity(0)))
    except AttributeError:  # not Linux
        return max(1, os.cpu_count() or 1)


_cuda_libraries_loaded = False


def _load_cuda_libraries() -> None:
    """CUDA and cuDNN from pip wheels are not on the loader's path; has to happen before the first CUDA session."""
    global _cuda_libraries_loaded
    if not _cuda_libraries_loaded and hasattr(ort, "preload_dlls"):
        _cuda_libraries_loaded = True
        try:
            ort.preload_dlls(directory="")
        except Exception:  # whatever is missing shows as a fall back to CPU, which is reported
            pass


def gpu_present() -> bool:
    """True where an NVIDIA driver shows a device to this machine."""
    return Path("/proc/driver/nvidia/gpus").is_dir() or Path("/dev/nvidia0").exists()


class Session:
    """One network, shared by all callers. provider: "CUDA" or "CPU", read from the session after it was built."""

    def __init__(self, folder: ModelFolder, *, threads: int | None = None, gpu: bool | None = None, gpu_memory_mib: int = 1024) -> None:
        self.folder = folder
        self.wanted = "CUDA" if (gpu_present() if gpu is None else gpu) else "CPU"
        self.threads = threads or usable_cpus()
        options = ort.SessionOptions()
        options.intra_op_num_threads = self.threads
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        providers: list[Any] = ["CPUExecutionProvider"]
        if self.wanted == "CUDA" and "CUDAExecutionProvider" in ort.get_available_providers():
            _load_cuda_libraries()
            # HEURISTIC: the exhaustive default re-tunes for a second at each new shape.
            cuda = {"cudnn_conv_algo_search": "HEURISTIC", "gpu_mem_limit": gpu_memory_mib * 2**20}
            providers.insert(0, ("CUDAExecutionProvider", cuda))
        path = str(folder.path / "model.onnx")
        try:
            try:
                self._session = ort.InferenceSession(path, options, providers=providers)
            except Exception:
                if len(providers) == 1:
                    raise
                self._session = ort.InferenceSession(path, options, providers=["CPUExecutionProvider"])
        except Exception as error:  # onnxruntime raises many types of its own
            raise ModelError(f"onnxruntime cannot load {path} ({error}).", path=str(folder.path)) from error
        self.provider = "CUDA" if self._session.get_providers()[0] == "CUDAExecutionProvider" else "CPU"
        self._input = self._session.get_inputs()[0].name

    @property
    def fell_back(self) -> bool:
        """True where a GPU is there but the CPU does the work."""
        return self.wanted == "CUDA" and self.provider == "CPU"

    def run(self, x: np.ndarray) -> list[np.ndarray]:
        """One forward pass; x float32 (N, 3, S, S). Thread-safe."""
        return self._session.run(None, {self._input: x})


def runtime_version() -> str:
    """onnxruntime's version and the providers its build offers (offers is not the same as works)."""
    return f"onnxruntime {ort.__version__} ({', '.join(ort.get_available_providers())})"
