#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""GNU parallel on this machine, and over ssh on others: here both are this one, by an sshd of our own on
the loopback, with its own keys. Prints TAP.

    machines.py MMAPINFO
"""
import getpass
import os
import pathlib
import shutil
import socket
import subprocess
import sys
import tempfile
import time

from common import DEMO, FAKE, TRIAGE, Tap, by_name, lines_of, made_dumps, said, triage, without_cost


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Sshd:
    """A server that lets us in by a key that was made for it."""

    def __init__(self, where):
        self.where, self.port = pathlib.Path(where), free_port()
        self.where.mkdir(mode=0o700)
        for name in ("host", "user"):
            subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", self.where / name], check=True)
        (self.where / "config").write_text(f"""
Port {self.port}
ListenAddress 127.0.0.1
HostKey {self.where}/host
PidFile {self.where}/pid
AuthorizedKeysFile {self.where}/user.pub
StrictModes no
UsePAM no
PasswordAuthentication no
KbdInteractiveAuthentication no
PermitRootLogin prohibit-password
SetEnv TRIAGE_TEST=far
""")
        if os.geteuid() == 0:
            os.makedirs("/run/sshd", exist_ok=True)    # sshd insists
        self.log = open(self.where / "log", "wb")
        self.child = subprocess.Popen(["/usr/sbin/sshd", "-D", "-e", "-f", self.where / "config"],
                                      stdin=subprocess.DEVNULL, stderr=self.log)
        for _ in range(200):
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                break
            except OSError:
                time.sleep(0.05)

    def login(self):
        """As GNU parallel takes it: with the ssh that is to be called."""
        return (f"ssh -p {self.port} -i {self.where}/user -F none -o BatchMode=yes -o IdentitiesOnly=yes -o "
                f"UserKnownHostsFile={self.where}/known -o StrictHostKeyChecking=accept-new "
                f"{getpass.getuser()}@127.0.0.1")

    def accepted(self):
        return (self.where / "log").read_text().count("Accepted publickey")

    def stop(self):
        self.child.terminate()
        self.child.wait(30)
        self.log.close()


def direct(mmapinfo, out, where):
    """One after the other, without GNU parallel."""
    ended = triage("-j1", "--mmapinfo", mmapinfo, "-o", out, where)
    return ended.returncode, sorted(map(str, without_cost(lines_of(out))))


def on_this_machine(tap, mmapinfo, tmp, where, plain):
    out = tmp + "/two.jsonl"
    ended = triage("-j2", "--mmapinfo", mmapinfo, "-o", out, where)
    tap.result((ended.returncode, sorted(map(str, without_cost(lines_of(out))))) == plain,
               "two at once: the same lines as one by one", said(ended))


def over_ssh(tap, mmapinfo, tmp, where, plain, server):
    out = tmp + "/far.jsonl"
    ended = triage("-j2", "--sshlogin", server.login(), "--mmapinfo", mmapinfo, "-o", out, where)
    tap.result((ended.returncode, sorted(map(str, without_cost(lines_of(out))))) == plain,
               "over ssh: the same lines", said(ended))
    tap.result(server.accepted() >= 2, f"by ssh indeed: {server.accepted()} logins")
    out = tmp + "/both.jsonl"
    ended = triage("-j1", "--sshlogin", ":", "--sshlogin", server.login(), "--mmapinfo", mmapinfo, "-o", out, where)
    tap.result((ended.returncode, sorted(map(str, without_cost(lines_of(out))))) == plain,
               "here and over ssh: the same lines", said(ended))


def odd_names(tap, tmp, server):
    """Names that a shell would take for something else, here, and there."""
    names = ["$(touch owned) {}", "-q'\"`;&\n*", "~#%20 ü"]
    where = made_dumps(tmp + "/odd", names)
    for how in (["-j2"], ["-j2", "--sshlogin", server.login()]):
        out = f"{tmp}/odd.{len(how)}.jsonl"
        ended = triage(*how, "--mmapinfo", FAKE, "-o", out, where, cwd=tmp)
        tap.result(sorted(by_name(out)) == sorted(names) and not os.path.exists(tmp + "/owned") and
                   all(line["calls"]["check"]["status"] == "ok" for line in lines_of(out)),
                   f"odd names, {'over ssh' if how[1:] else 'here'}", said(ended))


def far_ends(tap, tmp, server):
    """What hangs on another machine ends with the driver."""
    where, pids = made_dumps(tmp + "/hang", ["hang-1", "hang-2"]), tmp + "/pids"
    fake = pathlib.Path(tmp, "fake_far")    # ssh does not carry the environment
    fake.write_text(f"#!/bin/sh\n[ \"$TRIAGE_TEST\" = far ] || exit 1\nFAKE_PIDS={pids} exec {FAKE} \"$@\"\n")
    fake.chmod(0o755)
    child = subprocess.Popen([TRIAGE, "-j2", "--sshlogin", server.login(), "--mmapinfo", str(fake), where],
                             stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    there = lambda: [p for p in pathlib.Path(pids).read_text().split() if os.path.exists(f"/proc/{p}")] \
        if os.path.exists(pids) else []    # noqa: E731
    for _ in range(400):
        if len(there()) == 2:
            break
        time.sleep(0.05)
    before = len(there())
    child.terminate()
    child.communicate(timeout=60)
    for _ in range(200):
        if not there():
            break
        time.sleep(0.05)
    tap.result(before == 2 and not there() and child.returncode == 143, "the end of the driver ends what runs there",
               [before, there(), child.returncode])


def gone(tap, tmp, port):
    where, out = made_dumps(tmp + "/gone", ["d-1", "d-2"]), tmp + "/gone.jsonl"
    login = f"ssh -p {port} -o BatchMode=yes 127.0.0.1"
    ended = triage("-j1", "--sshlogin", login, "--mmapinfo", FAKE, "-o", out, where)
    tap.result(ended.returncode == 3 and not lines_of(out) and ended.stderr.count("no line of") == 2,
               "a machine that is not there: status 3, and nothing is taken for done", said(ended))
    ended = triage("-j1", "--mmapinfo", FAKE, "-o", out, where)
    tap.result(len(lines_of(out)) == 2 and ended.returncode == 1, "the next time they are done", said(ended))


def without(tap, tmp):
    """No GNU parallel, or another program of that name."""
    where, path = made_dumps(tmp + "/alone", ["d-1", "d-2"]), pathlib.Path(tmp, "bin")
    path.mkdir()
    for tool in ("python3", "env"):
        (path / tool).symlink_to(shutil.which(tool) if tool != "python3" else sys.executable)
    for other in (False, True):
        if other:
            (path / "parallel").write_text("#!/bin/sh\necho parallel of moreutils\n")
            (path / "parallel").chmod(0o755)
        env = os.environ | {"PATH": str(path)}
        ended = triage("--mmapinfo", FAKE, where, env=env)
        alone = "GNU parallel is not here" in ended.stderr or os.cpu_count() == 1
        refused = triage("-j2", "--mmapinfo", FAKE, where, env=env)
        tap.result(len(ended.stdout.splitlines()) == 2 and alone and refused.returncode == 2,
                   "without GNU parallel" + (", but with moreutils' program" if other else ""),
                   said(ended) + said(refused))


def main():
    mmapinfo = os.path.realpath(sys.argv[1])
    tap = Tap()
    with tempfile.TemporaryDirectory() as tmp:
        where = pathlib.Path(tmp, "dumps")
        where.mkdir()
        for i in range(2):
            shutil.copy(DEMO, where / f"vmcore.{i}")
        os.truncate(where / "vmcore.1", 9 << 20)
        plain = direct(mmapinfo, tmp + "/plain.jsonl", where)
        tap.result(plain[0] == 3 and len(plain[1]) == 2, "one by one", plain)
        on_this_machine(tap, mmapinfo, tmp, where, plain)
        server = Sshd(tmp + "/sshd")
        try:
            over_ssh(tap, mmapinfo, tmp, where, plain, server)
            odd_names(tap, tmp, server)
            far_ends(tap, tmp, server)
        finally:
            server.stop()
        gone(tap, tmp, server.port)
        without(tap, tmp)
    return tap.end()


sys.exit(main())
