"""What a run of the benchmark found goes to book/data/bench.json, which chapter 08 plots."""

import os

# Heads run in threads of their own; BLAS reads this when NumPy is imported, which is below.
os.environ["OPENBLAS_NUM_THREADS"] = "1"

import json
import platform
import re
from pathlib import Path

import numpy as np
import pytest
import torch

RESULTS = Path(__file__).parents[1] / "data" / "bench.json"
PARTS = {"scaling", "against_pytorch", "layouts", "kernel", "largest_error"}

_found: dict = {}
_load_before = os.getloadavg()[0]


@pytest.fixture
def found() -> dict:
    """What the run has found so far, by part; tests add to it."""
    return _found


def machine() -> dict[str, str | int | list[float]]:
    """What a reader must know to judge the numbers; nothing that names the machine or its user."""
    cpu = platform.machine()
    if (info := Path("/proc/cpuinfo")).exists():
        text = info.read_text()
        cpu = re.search(r"model name\s*:\s*(.+)", text)[1] if "model name" in text else cpu
        cpu += " with AVX-512" if " avx512f " in text else ""
    blas = np.show_config("dicts")["Build Dependencies"]["blas"]
    return {
        "cpu": cpu,
        "cores": os.cpu_count(),
        "system": platform.system(),
        "Python": platform.python_version(),
        "NumPy": np.__version__,
        "BLAS": f"{blas['name']} {blas['version']}",
        "PyTorch": torch.__version__,
        # Processes that wanted a core when the run began and when it ended, its own included.
        "load": [round(load, 1) for load in (_load_before, os.getloadavg()[0])],
    }


def _rounded(value):
    """Four digits are more than a clock gives."""
    if isinstance(value, float):
        return float(f"{value:.4g}")
    if isinstance(value, dict):
        return {name: _rounded(part) for name, part in value.items()}
    return [_rounded(part) for part in value] if isinstance(value, list) else value


def pytest_terminal_summary(terminalreporter) -> None:
    """Say the ratios, and write the file if the whole benchmark has run."""
    tell = terminalreporter.write_line
    for row in _found.get("against_pytorch", []):
        tell(
            f"N = {row['N']:>6}: chunkwise {row['chunkwise']:.4f} s, PyTorch {row['pytorch']:.4f}"
            f" s, {row['pytorch'] / row['chunkwise']:.2f} times as fast"
        )
    for kernel in _found.get("kernel", []):
        tell(
            f"chunk kernel, threads: {kernel['threads']}: {kernel['share']:.0%} of the matmul rate "
            f"of {kernel['matmul']:.3g} multiply-adds/s by the clock, {kernel['share_cpu']:.0%} by "
            f"CPU time; its products alone {kernel['products'] / kernel['matmul']:.0%}"
        )
    if "largest_error" in _found:
        tell(f"largest difference from the quadratic form: {_found['largest_error']:.1e}")
    if _found.keys() >= PARTS:
        RESULTS.parent.mkdir(exist_ok=True)
        rows = json.dumps(_rounded({"machine": machine()} | _found), indent=1, ensure_ascii=False)
        # Lists of numbers on one line each.
        rows = re.sub(r"\[[^\[\]{}]*\]", lambda found: re.sub(r"\s+", " ", found[0]), rows)
        RESULTS.write_text(rows + "\n", encoding="utf-8")
        tell(f"written: {RESULTS.relative_to(RESULTS.parents[2])}")
