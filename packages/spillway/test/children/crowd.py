"""Large or odd processes: many descriptors, many threads, a name of its own. Each runs until it is killed."""
import os
import resource
import sys
import threading
import time

kind, value = sys.argv[1:]

if kind == 'descriptors':
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, int(value) + 100), hard))
    kept = [os.open('/dev/null', os.O_RDONLY) for _ in range(int(value))]
elif kind == 'threads':
    threading.stack_size(64 * 1024)
    for _ in range(int(value)):
        threading.Thread(target=time.sleep, args=(1000,), daemon=True).start()
elif kind == 'name':
    with open('/proc/self/comm', 'w') as comm:
        comm.write(value)
    os.read(os.pipe()[0], 1)
time.sleep(1000)
