"""Like a worker in the middle of a job: a child in a process group of its own; with a file called `stubborn`,
no haste to stop.
"""

import os
import signal
import time
from pathlib import Path

if Path("stubborn").exists():
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
if os.fork() == 0:
    os.setpgrp()
    print(f"horse is pid {os.getpid()}", flush=True)
else:
    print(f"worker is pid {os.getpid()}", flush=True)
while True:
    time.sleep(60)
