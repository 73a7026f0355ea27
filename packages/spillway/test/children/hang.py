"""Ways in which processes hang, one for each name, and ways in which they seem to. Each runs until killed."""
import fcntl
import os
import pty
import signal
import socket
import subprocess
import sys
import threading
import time
import select

PYTHON = sys.executable
MANY = 200_000


def python(code, *args, **options):
    return subprocess.Popen([PYTHON, '-c', code, *args], **options)


def holding(path, lock, then):
    """A program that takes this lock, says so, and then does that."""
    take = f'f = open({path!r}, "w"); fcntl.{lock}(f, fcntl.LOCK_EX); print("locked", flush=True)'
    return f'import fcntl, time\n{take}\n{then}'


WRITES = f'import os; os.write(1, b"x" * {MANY})'
WRITES_ERROR = f'import os; os.write(2, b"x" * {MANY})'


def unread_output():
    python(WRITES, stdout=subprocess.PIPE).wait()


def polled_exit():
    child = python(WRITES, stdout=subprocess.PIPE)
    while child.poll() is None:
        time.sleep(0.05)


def sleeping_reader():
    child = subprocess.Popen(['yes'], stdout=subprocess.PIPE)
    child.stdout.read(100)
    signal.pause()


def polled_exit_of_atoms():
    child = subprocess.Popen(['seq', '1000000'], stdout=subprocess.PIPE)
    while child.poll() is None:
        time.sleep(0.05)


def read_one_by_one():
    child = python(WRITES_ERROR, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    child.stdout.read()
    child.stderr.read()


def read_of_shell():
    """The shell has ended no command yet, so its stdout stays open; one of them fills its stderr."""
    script = 'yes | head -c 300000 >&2'
    child = subprocess.Popen(['sh', '-c', script], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    child.stdout.read()
    child.stderr.read()


def wait_for_shell():
    """The same, but nothing is read."""
    subprocess.Popen(['sh', '-c', 'yes | head -c 300000'], stdout=subprocess.PIPE).wait()


def poll_one():
    child = python(WRITES_ERROR, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    poller = select.poll()
    poller.register(child.stdout, select.POLLIN)
    poller.poll()


def select_one():
    child = python(WRITES_ERROR, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    select.select([child.stdout], [], [])


def epoll_one():
    child = python(WRITES_ERROR, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    poller = select.epoll()
    poller.register(child.stdout, select.EPOLLIN)
    poller.poll()


def thread_reads_one():
    child = python(WRITES_ERROR, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    reader = threading.Thread(target=child.stdout.read)
    reader.start()
    reader.join()


def both_write():
    code = f'import os, sys; os.write(1, b"x" * {MANY}); sys.stdin.read()'
    child = python(code, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    child.stdin.write(b'x' * MANY)


def daemon_holds_output():
    subprocess.run(['sh', '-c', 'sleep 1000 & echo started'], stdout=subprocess.PIPE)


def own_write_end():
    readable, writable = os.pipe()
    os.set_inheritable(writable, True)
    child = python(f'import os; os.write({writable}, b"done")', close_fds=False)
    child.wait()
    while os.read(readable, 100):
        pass


def zombie():
    # Kept: Popen reaps a child that has ended already when no variable refers to it any more.
    child = subprocess.Popen(['true'])
    time.sleep(1000)


def unclosed_input():
    subprocess.Popen(['cat'], stdin=subprocess.PIPE).wait()


def leaked_end():
    readable, writable = os.pipe()
    os.set_inheritable(writable, True)
    subprocess.Popen(['sleep', '1000'], close_fds=False)
    reader = subprocess.Popen(['cat'], stdin=readable)
    os.close(readable)
    os.close(writable)
    reader.wait()


def terminal_input():
    pid, master = pty.fork()
    if pid == 0:
        os.execvp('cat', ['cat'])
    time.sleep(1000)


def background_reader():
    pid, master = pty.fork()
    if pid == 0:
        child = subprocess.Popen(['cat'], preexec_fn=os.setpgrp)
        child.wait()
    time.sleep(1000)


def fifo():
    path = sys.argv[2]
    os.mkfifo(path)
    open(path).read()


def lock():
    path = sys.argv[2]
    owner = python(holding(path, 'flock', 'time.sleep(1000)'), stdout=subprocess.PIPE)
    owner.stdout.readline()
    fcntl.flock(open(path, 'w'), fcntl.LOCK_EX)


def record_lock():
    path = sys.argv[2]
    owner = python(holding(path, 'lockf', 'time.sleep(1000)'), stdout=subprocess.PIPE)
    owner.stdout.readline()
    fcntl.lockf(open(path, 'w'), fcntl.LOCK_EX)


def lock_circle():
    """Each has one file locked and wants the other's."""
    paths = [sys.argv[2] + '.a', sys.argv[2] + '.b']
    code = '''
import fcntl, os, sys
mine, other, ready, go = open(sys.argv[1], "w"), open(sys.argv[2], "w"), int(sys.argv[3]), int(sys.argv[4])
fcntl.flock(mine, fcntl.LOCK_EX)
os.write(ready, b"x")
os.read(go, 1)
fcntl.flock(other, fcntl.LOCK_EX)
'''
    ready_out, ready_in = os.pipe()
    go_out, go_in = os.pipe()
    both = [
        python(code, *order, str(ready_in), str(go_out), pass_fds=[ready_in, go_out])
        for order in (paths, paths[::-1])
    ]
    for _ in both:
        os.read(ready_out, 1)
    os.write(go_in, b'xx')
    for child in both:
        child.wait()


def both_read():
    a, b = socket.socketpair()
    python('import socket, sys; socket.socket(fileno=0).recv(1)', stdin=b)
    b.close()
    a.recv(1)


def alarmed():
    """Would be a deadlock, but for the alarm."""
    signal.signal(signal.SIGALRM, lambda *_: None)
    signal.alarm(500)
    unread_output()


def exit_awaited_by_thread():
    """As in Java's waitFor(): a thread waits for the exit, and the main one for something else."""
    waiter = threading.Thread(target=unread_output)
    waiter.start()
    return waiter


def main_joins():
    exit_awaited_by_thread().join()


def main_awaits_event():
    exit_awaited_by_thread()
    threading.Event().wait()


def main_pauses():
    exit_awaited_by_thread()
    signal.pause()


def main_awaits_signal():
    exit_awaited_by_thread()
    signal.sigwait([signal.SIGTERM, signal.SIGHUP])


def main_sleeps_for_ever():
    exit_awaited_by_thread()
    time.sleep(10_000_000)


def like_go():
    """Handlers for every signal, and a thread of the runtime that wakes once a minute."""
    for number in signal.valid_signals() - {signal.SIGKILL, signal.SIGSTOP}:
        signal.signal(number, lambda *_: None)
    threading.Thread(target=threading.Event().wait, args=(60,)).start()
    main_joins()


def like_dotnet():
    """The handler for SIGCHLD writes to a pipe that a thread reads."""
    readable, writable = os.pipe()
    os.set_blocking(writable, False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.set_wakeup_fd(writable)
    threading.Thread(target=os.read, args=(readable, 1)).start()
    child = python(WRITES, stdout=subprocess.PIPE)
    threading.Event().wait()


def taken_lock():
    """A lock that a process took and has not released at its end."""
    import multiprocessing
    fork = multiprocessing.get_context('fork')
    lock = fork.Lock()
    owner = fork.Process(target=lambda: lock.acquire() and os._exit(0))
    owner.start()
    owner.join()
    return fork, lock


def semaphore_of_dead():
    taken_lock()[1].acquire()


def many_wait_for_dead():
    fork, lock = taken_lock()
    if os.fork() == 0:
        os.fork()
    lock.acquire()


def joins_waiter_for_dead():
    fork, lock = taken_lock()
    waiter = fork.Process(target=lock.acquire)
    waiter.start()
    waiter.join()


def mutex_of_dead():
    """A mutex in shared memory."""
    import ctypes
    import mmap
    libc = ctypes.CDLL(None)
    memory = mmap.mmap(-1, 4096)
    mutex = (ctypes.c_char * 64).from_buffer(memory)
    attributes = (ctypes.c_char * 64)()
    libc.pthread_mutexattr_init(attributes)
    libc.pthread_mutexattr_setpshared(attributes, 1)
    libc.pthread_mutex_init(mutex, attributes)
    owner = os.fork()
    libc.pthread_mutex_lock(mutex) if owner == 0 else os.waitpid(owner, 0)
    if owner == 0:
        os._exit(0)
    libc.pthread_mutex_lock(mutex)


def semop_of_dead():
    import ctypes
    import struct
    libc = ctypes.CDLL(None)
    number = libc.semget(0, 1, 0o600)
    libc.semctl(number, 0, 16, 1)
    take = struct.pack('=Hhh', 0, -1, 0)
    owner = os.fork()
    os.waitpid(owner, 0) if owner else None
    libc.semop(number, take, 1)
    if owner == 0:
        os._exit(0)


def forked_with_pipe(task, duplex):
    """After the fork both processes have both ends."""
    import multiprocessing
    fork = multiprocessing.get_context('fork')
    ends = fork.Pipe(duplex)
    child = fork.Process(target=task, args=ends)
    child.start()
    return child, ends


def joins_receiver():
    child, ends = forked_with_pipe(lambda reader, writer: reader.recv(), duplex=False)
    child.join()


def joins_receiver_of_socket():
    child, ends = forked_with_pipe(lambda one, other: one.recv(), duplex=True)
    child.join()


def joins_sender():
    child, ends = forked_with_pipe(lambda reader, writer: writer.send(b'x' * MANY), duplex=False)
    child.join()


def both_receive():
    """Each waits for what the other one is to send first."""
    there, back = os.pipe(), os.pipe()
    os.read(there[0] if os.fork() else back[0], 1)


def joins_filler_of_queue():
    """The child's feeder thread must empty its buffer into a pipe before the child may end."""
    import multiprocessing
    fork = multiprocessing.get_context('fork')
    queue = fork.Queue()
    child = fork.Process(target=lambda: queue.put(b'x' * MANY))
    child.start()
    child.join()


# From here on: nothing hangs.

def semaphore_of_living():
    import multiprocessing
    fork = multiprocessing.get_context('fork')
    lock = fork.Lock()
    taken = fork.Event()
    fork.Process(target=lambda: (lock.acquire(), taken.set(), time.sleep(1000))).start()
    taken.wait()
    lock.acquire()


def semaphore_of_own_thread():
    import multiprocessing
    lock = multiprocessing.Lock()
    lock.acquire()
    threading.Timer(1000, lock.release).start()
    lock.acquire()


def idle_queue():
    """A worker waits for its first task, another for its turn to wait."""
    import multiprocessing
    fork = multiprocessing.get_context('fork')
    queue = fork.Queue()
    for _ in range(2):
        fork.Process(target=queue.get).start()
    socket.create_server(('127.0.0.1', 0)).accept()


def connected(address):
    server = socket.create_server((address, 0))
    client = socket.create_connection(server.getsockname())
    return client, server.accept()[0], server


def like_ssh():
    """Its set has one connection twice."""
    import ctypes
    import struct
    client, *ends = connected('127.0.0.1')
    both = struct.pack('=ihhihh', client.fileno(), select.POLLIN, 0, client.fileno(), 0, 0)
    ctypes.CDLL(None).poll(both, 2, -1)


def accepts():
    socket.create_server(('127.0.0.1', 0)).accept()


def awaits_datagrams():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one:
        one.bind(('127.0.0.1', 0))
        one.recv(1)


def sends_to_deaf():
    ends = connected('127.0.0.1')
    while True:
        ends[0].send(bytes(65536))


def awaits_server_of_path():
    """The server is another process."""
    path = sys.argv[2]
    server = socket.socket(socket.AF_UNIX)
    server.bind(path)
    server.listen()
    client = socket.socket(socket.AF_UNIX)
    if os.fork() == 0:
        server.accept()[0].recv(1)
    server.close()
    client.connect(path)
    client.recv(1)


def main_reads_later():
    exit_awaited_by_thread()
    time.sleep(1000)


def thread_reads_later():
    child = python(WRITES, stdout=subprocess.PIPE)
    threading.Timer(1000, child.stdout.read).start()
    while child.poll() is None:
        time.sleep(0.05)


def main_reads_on_signal():
    signal.signal(signal.SIGUSR1, lambda *_: None)
    main_pauses()


def main_computes():
    exit_awaited_by_thread()
    while True:
        pass


def main_awaits_network():
    exit_awaited_by_thread()
    socket.create_server(('127.0.0.1', 0)).accept()


def pipeline():
    code = 'import time\nwhile True: print("x" * 100, flush=True); time.sleep(0.001)'
    first = python(code, stdout=subprocess.PIPE)
    second = subprocess.Popen(['cat'], stdin=first.stdout, stdout=subprocess.PIPE)
    while second.stdout.read1(65536):
        pass


def slow_reader():
    child = python('while True: print("x" * 20)', stdout=subprocess.PIPE)
    for line in child.stdout:
        time.sleep(0.05)


def slow_reader_of_chunks():
    child = subprocess.Popen(['yes'], stdout=subprocess.PIPE)
    for line in child.stdout:
        time.sleep(0.02)


def slow_reader_of_atoms():
    child = subprocess.Popen(['seq', '1000000000'], stdout=subprocess.PIPE)
    for line in child.stdout:
        time.sleep(0.02)


def slow_filter():
    first = subprocess.Popen(['yes'], stdout=subprocess.PIPE)
    python('import sys, time\nfor line in sys.stdin: time.sleep(0.05)', stdin=first.stdout)
    first.stdout.close()
    first.wait()


def idle_pool():
    import multiprocessing
    pool = multiprocessing.Pool(3)
    pool.map(abs, range(3))
    threading.Event().wait()


def idle_executor():
    import concurrent.futures
    with concurrent.futures.ProcessPoolExecutor(2) as pool:
        list(pool.map(abs, range(4)))
        signal.pause()


def server():
    import http.server
    http.server.HTTPServer(('127.0.0.1', 0), http.server.SimpleHTTPRequestHandler).serve_forever()


def tail_grep():
    path = sys.argv[2]
    open(path, 'w').close()
    tail = subprocess.Popen(['tail', '-f', path], stdout=subprocess.PIPE)
    grep = subprocess.Popen(['grep', 'x'], stdin=tail.stdout)
    tail.stdout.close()
    grep.wait()


def self_pipe():
    """What a signal handler writes is read: idle until a signal comes."""
    readable, writable = os.pipe()
    signal.signal(signal.SIGTERM, lambda *_: os.write(writable, b'x'))
    os.read(readable, 1)


def busy_lock():
    """The owner of the lock is at work."""
    path = sys.argv[2]
    owner = python(holding(path, 'flock', 'while True: pass'), stdout=subprocess.PIPE)
    owner.stdout.readline()
    fcntl.flock(open(path, 'w'), fcntl.LOCK_EX)


# Pipes inherited from the program that started the tests: they would connect these programs with strangers.
os.closerange(3, 1024)
globals()[sys.argv[1]]()
