"""Run a command while no other runs that was given the same lock: ``alone.py LOCK COMMAND...``.

The lock is the system's: whatever ends the command, a kill too, opens it again.
"""

import fcntl
import os
import sys
from pathlib import Path


def hold(lock):
    """Wait until the file `lock` is ours, for as long as this process and its children live."""
    Path(lock).parent.mkdir(parents=True, exist_ok=True)
    file = os.open(lock, os.O_RDWR | os.O_CREAT, 0o644)
    os.set_inheritable(file, True)
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        print("Waiting for another make, which is at work here", flush=True)
        fcntl.flock(file, fcntl.LOCK_EX)


if __name__ == "__main__":
    hold(sys.argv[1])
    os.execvp(sys.argv[2], sys.argv[2:])
