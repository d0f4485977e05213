"""Run envdoctor as the user of a Situation's shell would, with envdoctor installed elsewhere."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any, Dict, List

from .build import Situation


def command(*options: str) -> List[str]:
    """envdoctor in its own Python, isolated: the user's PYTHONPATH and folder must not decide which envdoctor runs."""
    return [sys.executable, "-I", "-m", "envdoctor", *options]


# A mount namespace in which this machine has NVIDIA cards: device files, kernel module and PCI bus as the driver's
# own files would show them. NVML itself is the stand-in.
CARDS = """
set -e
module=$1 cards=$2 dev=$3; shift 3
mount -t tmpfs none "$dev"
for node in null zero random urandom tty; do touch "$dev/$node"; mount --bind "/dev/$node" "$dev/$node"; done
mkdir "$dev/shm"; mount --bind /dev/shm "$dev/shm"
mount -t tmpfs none /sys/module
mount -t tmpfs none /sys/bus/pci/devices
: > "$dev/bus"; mount --bind "$dev/bus" /proc/bus/pci/devices
if [ -n "$module" ]; then
  mkdir /sys/module/nvidia; echo "$module" > /sys/module/nvidia/version
  for node in nvidiactl nvidia-uvm; do mknod -m 666 "$dev/$node" c 1 3; done
fi
card=0
while [ "$card" -lt "$cards" ]; do
  bus=/sys/bus/pci/devices/0000:0$card:00.0; mkdir "$bus"
  printf '%bPCI_CLASS=30000\\nPCI_ID=10DE:2204\\n' "${module:+DRIVER=nvidia\\n}" > "$bus/uevent"
  printf '0%s00\\t10de2204\\t0\\n' "$card" >> "$dev/bus"
  [ -z "$module" ] || mknod -m 666 "$dev/nvidia$card" c 1 3
  card=$((card + 1))
done
mount --rbind "$dev" /dev
exec "$@"
"""


def beside_cards(situation: Situation) -> List[str]:
    """The start of a command line that runs the rest on a machine with those cards. Needs root."""
    folder = situation.home / "dev"
    folder.mkdir(exist_ok=True)
    return ["unshare", "-m", "sh", "-c", CARDS, "sh", situation.module, str(situation.cards), str(folder)]


def envdoctor(situation: Situation, *options: str, nvml: str = "") -> subprocess.CompletedProcess[bytes]:
    """`nvml` is the folder of the stand-in NVML, needed where the situation has a state for it."""
    environ = {**situation.environ(), "PYTHONDONTWRITEBYTECODE": "1"}
    start: List[str] = []
    if situation.nvml:
        start = beside_cards(situation)
        state = situation.home / "nvml.conf"
        state.write_text(situation.nvml)
        environ.update(FAKENVML=str(state), LD_LIBRARY_PATH=nvml)
    return subprocess.run([*start, *command(*options)], env=environ, cwd=situation.cwd, capture_output=True, timeout=60)


def check(situation: Situation, *options: str, nvml: str = "") -> Dict[str, Any]:
    """The JSON report. A traceback or a crashed rule or probe is a failure of the test."""
    done = envdoctor(situation, "check", "--format", "json", *options, nvml=nvml)
    assert b"Traceback" not in done.stderr, done.stderr.decode()
    report: Dict[str, Any] = json.loads(done.stdout)
    crashed = [v for v in [*report["verdicts"], *report["probes"]] if v["status"] == "crashed"]
    assert not crashed, crashed
    return report


def loud(report: Dict[str, Any]) -> List[str]:
    """Names of the findings at warning or error, worst first."""
    return [finding["name"] for finding in report["findings"] if finding["severity"] != "note"]
