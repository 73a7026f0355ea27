"""The mistake of the incident's service: give the child a pipe, wait for its exit, read afterwards.

Prints which process it started, and how that one ended.
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
