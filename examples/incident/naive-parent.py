"""The mistake, as the service of the incident made it: give the child a pipe, wait for its exit, read afterwards.

Tells on its own stdout which process it started, and how that one ended.
"""
import subprocess
import sys

child = subprocess.Popen(
    sys.argv[1:], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
)
print("started", child.pid, flush=True)
child.wait()
output = child.stdout.read()
print("ended", child.returncode, len(output), flush=True)
