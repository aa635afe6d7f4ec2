"""One command of the suite in a process of its own, and what that process really was.

Run as a program: ``python machine.py FACTS ARGUMENTS...`` does the command with the console script's entry, and
first writes to FACTS what the environment's settings came to. ``--then`` between two commands does both.
"""

import hashlib
import json
import locale
import math
import os
import sys
import time
import warnings
from pathlib import Path


def facts() -> dict[str, object]:
    """What a setting can change: asked of the libraries, not of the environment's variables."""
    import numpy as np
    import scipy.linalg
    from numpy._core._multiarray_umath import __cpu_dispatch__, __cpu_features__
    from scipy.special import betaincinv, gammaln
    from threadpoolctl import threadpool_info

    grid = np.linspace(0.001, 0.999, 20001)
    square = np.sqrt(np.arange(1.0, 160001.0)).reshape(400, 400)
    blas = [pool for pool in threadpool_info() if pool["internal_api"] == "openblas"]
    try:
        locale_set = locale.setlocale(locale.LC_ALL, "")
    except locale.Error as error:
        locale_set = str(error)
    mask = os.umask(0)
    os.umask(mask)
    return {
        "numpy": np.__version__,
        "scipy": scipy.__version__,
        "suite": str(Path(sys.modules["cxr510k"].__file__ or "").parent),
        "dispatched": [name for name in __cpu_dispatch__ if __cpu_features__[name]],
        "blas": sorted({pool["architecture"] for pool in blas}),
        "blas_threads": sorted({pool["num_threads"] for pool in blas}),
        "numpy_bits": _bits(np.exp(10 * grid - 5), np.log(grid), np.tanh(grid), grid**0.3),
        "blas_bits": _bits(square @ (1 / square), grid @ grid),
        "libm_bits": _bits(np.array([math.exp(x) + math.pow(x, 0.3) for x in grid.tolist()])),
        "scipy_bits": _bits(gammaln(grid), betaincinv(3.3, 7.7, grid)),
        "noon": time.strftime("%H:%M", time.localtime(1_767_268_800)),  # 12:00 UTC on 1 January 2026
        "locale": locale_set,
        "encoding": [locale.getpreferredencoding(False), sys.flags.utf8_mode],
        "hash_seed": os.environ.get("PYTHONHASHSEED"),
        "hash": hash("cxr510k"),
        "folder": str(Path.cwd()),
        "folder_name": Path.cwd().name,
        "home": os.environ.get("HOME"),
        "umask": mask,
        "asserts": sys.flags.optimize == 0,
    }


def _bits(*numbers: object) -> str:
    return hashlib.sha256(b"".join(number.tobytes() for number in numbers)).hexdigest()  # type: ignore[attr-defined]


def main() -> None:
    """The facts, then each command; ends with the last command's exit code, or the first that is no verdict."""
    from cxr510k.main import main

    sys.argv.pop(0)
    Path(sys.argv.pop(0)).write_text(json.dumps(facts()), encoding="utf-8")
    warnings.simplefilter("error")
    commands = [part.split("\n") for part in "\n".join(sys.argv).split("\n--then\n")]
    for command in commands:
        sys.argv = ["cxr510k", *command]
        try:
            main()
        except SystemExit as ended:
            print(f"exit {ended.code}", flush=True)


if __name__ == "__main__":
    main()
