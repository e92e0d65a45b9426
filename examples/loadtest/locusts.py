"""locust against a service of its own, weighed meanwhile: the steady load, or the ramp.

    python -m tukscal.examples.loadtest.locusts [--ramp] [--minutes 10]

Prints what locust prints at its end, and the service's largest memory; the exit code is locust's.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

from tukscal.examples.loadtest.service import OwnService

_FILE = Path(__file__).with_name("locustfile.py")
_MIB = 2**20


def main() -> int:
    """Run as the command line says, and return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--ramp", action="store_true", help="more and more, until it breaks")
    parser.add_argument("--minutes", type=float, default=10.0, help="of the steady load")
    parser.add_argument("--workers", type=int, default=2)
    given = parser.parse_args()
    load = ["--ramp"] if given.ramp else ["--steady", "--minutes", str(given.minutes)]
    with tempfile.TemporaryDirectory() as folder:
        service = OwnService(Path(folder), given.workers)
        service.start()
        ended = threading.Event()
        weighing = threading.Thread(target=service.weigh, args=(ended,))
        weighing.start()
        try:
            load += ["--host", f"http://127.0.0.1:{service.port}"]
            line = [sys.executable, "-m", "locust", "-f", str(_FILE), "--headless", "--only-summary", *load]
            code = subprocess.run(line, cwd=folder, check=False).returncode  # noqa: S603 - our own arguments
        finally:
            ended.set()
            weighing.join()
            service.stop()
    print(f"The service and its workers took at most {service.peak / _MIB:.0f} MiB.")
    return code


if __name__ == "__main__":
    sys.exit(main())
