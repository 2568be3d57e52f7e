# SPDX-License-Identifier: GPL-2.0-or-later
"""One command, with bounds: of time, memory, and output. However it ends, it has ended."""
import ctypes
import os
import resource
import selectors
import signal
import subprocess
import time

PR_SET_PDEATHSIG = 1
LIBC = ctypes.CDLL(None, use_errno=True)
KEPT = 4096    # bytes of standard error


class Ended:
    """How: "exit" (code), "signal" (its number), "timeout", "output" (too much), "start" (why)."""

    def __init__(self, how, number=None, why=None):
        self.how, self.number, self.why = how, number, why
        self.out = self.err = b""
        self.seconds = 0.0
        self.peak_rss_bytes = 0


def die_with_parent(number):
    """What preexec_fn is to do so that nothing stays when this process is killed."""
    LIBC.prctl(PR_SET_PDEATHSIG, number, 0, 0, 0)


def kill_group(child):
    try:
        os.killpg(child.pid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        pass


def gather(child, deadline, most):
    """Reads both pipes to their ends. Returns (stdout, head of stderr, which bound was met or None).
    What goes to standard error counts as output, too, but only its head is kept."""
    out, err, total = bytearray(), bytearray(), 0
    with selectors.DefaultSelector() as wait:
        wait.register(child.stdout, selectors.EVENT_READ, out)
        wait.register(child.stderr, selectors.EVENT_READ, err)
        while wait.get_map():
            left = deadline - time.monotonic()
            if left <= 0:
                return out, err, "timeout"
            for key, _ in wait.select(left):
                part = os.read(key.fd, 1 << 16)
                if not part:
                    wait.unregister(key.fileobj)
                total += len(part)
                if total > most:
                    return out, err, "output"
                key.data.extend(part if key.data is out else part[:KEPT - len(err)])
    return out, err, None


def reap(child, deadline):
    """(wait status, resources used), or (None, None) if it is still there at the deadline."""
    while True:
        pid, status, used = os.wait4(child.pid, os.WNOHANG)
        if pid:
            return status, used
        if time.monotonic() >= deadline:
            return None, None
        time.sleep(0.002)


def run(command, seconds, memory_bytes, output_bytes):
    """Runs it in a session of its own, which is killed as a whole at the end."""

    def prepare():
        die_with_parent(signal.SIGKILL)
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        if memory_bytes:
            resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))

    begin = time.monotonic()
    try:
        child = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                 stderr=subprocess.PIPE, start_new_session=True, preexec_fn=prepare)
    except (OSError, subprocess.SubprocessError, ValueError) as error:
        return Ended("start", why=str(error))
    status = None
    try:
        out, err, bound = gather(child, begin + seconds, output_bytes)
        if not bound:
            status, used = reap(child, begin + seconds)
            bound = "timeout" if status is None else None
    finally:
        kill_group(child)
        if status is None:
            _, status, used = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
        child.stdout.close()
        child.stderr.close()
    if bound:
        ended = Ended(bound)
    elif child.returncode < 0:
        ended = Ended("signal", -child.returncode)
    else:
        ended = Ended("exit", child.returncode)
    ended.out, ended.err = bytes(out), bytes(err)
    ended.seconds = time.monotonic() - begin
    ended.peak_rss_bytes = used.ru_maxrss * 1024
    return ended
