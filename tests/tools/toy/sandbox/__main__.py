"""The outside world, asleep."""

import sys
import time

print("sandbox was told", " ".join(sys.argv[1:]), flush=True)
time.sleep(3600)
