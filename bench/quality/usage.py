"""Runs a command and prints, behind what it prints, a JSON line: seconds, CPU seconds of it and of all that it started
and waited for, and the memory of the largest of these processes in MB.

python usage.py COMMAND ARGUMENT...
"""

import json
import resource
import subprocess
import sys
import time

started = time.perf_counter()
status = subprocess.run(sys.argv[1:]).returncode
used = resource.getrusage(resource.RUSAGE_CHILDREN)
print(
    json.dumps(
        {
            "seconds": time.perf_counter() - started,
            "cpuSeconds": used.ru_utime + used.ru_stime,
            "peakMb": used.ru_maxrss / 1024,
        }
    )
)
sys.exit(status)
