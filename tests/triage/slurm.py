#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""scripts/mmapinfo-triage.sbatch as an array job, on a cluster of this one machine: munged, slurmctld and
slurmd of our own, with their own configuration and key. Prints TAP.

    slurm.py MMAPINFO
"""
import os
import pathlib
import pwd
import shutil
import socket
import subprocess
import sys
import tempfile
import time

from common import DEMO, FAKE, TOP, TRIAGE, Tap, lines_of, made_dumps, said, triage, without_cost

SBATCH = str(TOP / "scripts/mmapinfo-triage.sbatch")
TASKS = 3
PATIENCE = 120


def free_ports(n):
    sockets = [socket.socket() for _ in range(n)]
    for s in sockets:
        s.bind(("127.0.0.1", 0))
    ports = [s.getsockname()[1] for s in sockets]
    for s in sockets:
        s.close()
    return ports


class Cluster:
    """Everything of it lies below one directory, and ends with stop()."""

    def __init__(self, where):
        self.where = pathlib.Path(where)
        self.children, self.env = [], os.environ | {"SLURM_CONF": str(self.where / "slurm.conf")}
        for name in ("munge", "state", "spool", "logs"):
            (self.where / name).mkdir(parents=True, mode=0o755)
        os.chmod(self.where, 0o755)
        (self.where / "munge/key").write_bytes(os.urandom(128))
        os.chmod(self.where / "munge/key", 0o600)
        user = pwd.getpwuid(os.geteuid()).pw_name
        ctl, node = free_ports(2)
        host = self.host = socket.gethostname().split(".")[0]
        (self.where / "cgroup.conf").write_text("CgroupPlugin=cgroup/v1\n")
        (self.where / "slurm.conf").write_text(f"""
ClusterName=triage
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={ctl}
SlurmdPort={node}
SlurmUser={user}
SlurmdUser={user}
AuthType=auth/munge
AuthInfo=socket={self.where}/munge/socket
CredType=cred/munge
StateSaveLocation={self.where}/state
SlurmdSpoolDir={self.where}/spool
SlurmctldPidFile={self.where}/slurmctld.pid
SlurmdPidFile={self.where}/slurmd.pid
SlurmctldLogFile={self.where}/logs/slurmctld
SlurmdLogFile={self.where}/logs/slurmd
ProctrackType=proctrack/pgid
TaskPlugin=task/none
SwitchType=switch/none
MpiDefault=none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
SchedulerParameters=sched_interval=1,batch_sched_delay=0
ReturnToService=2
KillWait=5
MailProg=/bin/true
NodeName={host} NodeAddr=127.0.0.1 CPUs={os.cpu_count()} State=UNKNOWN
PartitionName=all Nodes=ALL Default=YES MaxTime=INFINITE State=UP
""")

    def up(self):
        self.start("munged", "--foreground", "--force", f"--socket={self.where}/munge/socket",
                   f"--key-file={self.where}/munge/key", f"--pid-file={self.where}/munge/pid",
                   f"--log-file={self.where}/munge/log", f"--seed-file={self.where}/munge/seed")
        self.wait_for("munged", lambda: (self.where / "munge/socket").exists())
        self.start("slurmctld", "-D", "-c")
        self.start("slurmd", "-D", "-N", self.host)
        self.wait_for("the node", lambda: "idle" in self.run("sinfo", "-h", "-o", "%T").stdout)

    def start(self, name, *words):
        with open(self.where / "logs" / f"{name}.out", "wb") as log:
            self.children.append(subprocess.Popen([f"/usr/sbin/{name}", *words], env=self.env, stdin=subprocess.DEVNULL,
                                                  stdout=log, stderr=log, start_new_session=True))

    def run(self, *words, **env):
        return subprocess.run(words, env=self.env | env, stdin=subprocess.DEVNULL, capture_output=True, text=True,
                              timeout=PATIENCE, cwd=self.where / "logs", check=False)

    def wait_for(self, what, there):
        end = time.monotonic() + PATIENCE
        while not there():
            if time.monotonic() > end:
                raise TimeoutError(f"{what} is not there: {self.logs()}")
            time.sleep(0.1)

    def submit(self, *words, **env):
        """Returns the job's number."""
        sent = self.run("sbatch", "--parsable", "--export=ALL", *words, **env)
        number = sent.stdout.strip()
        if not number.isdigit():
            raise ValueError(f"sbatch: {sent.stderr} {sent.stdout}")
        return number

    def ended(self, number):
        """Waits for its end, returns the states of its tasks."""
        self.wait_for(f"the end of job {number}", lambda: not self.run("squeue", "-h", "-j", number).stdout.strip())
        shown = self.run("scontrol", "-o", "show", "job", number).stdout
        return sorted(w.split("=")[1] for w in shown.split() if w.startswith("JobState="))

    def job(self, *words, **env):
        return self.ended(self.submit(*words, **env))

    def logs(self):
        return [f"{p.name}: {p.read_text(errors='replace')[-600:]}" for p in (self.where / "logs").iterdir()]

    def stop(self):
        for child in reversed(self.children):
            child.terminate()
            try:
                child.wait(15)
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()


def direct(mmapinfo, tmp, where):
    """What there is without Slurm, by path."""
    triage("-j1", "--mmapinfo", mmapinfo, "-o", tmp + "/direct.jsonl", where)
    triage("--merge", tmp + "/direct.jsonl", "-o", tmp + "/direct.jsonl")
    return without_cost(lines_of(tmp + "/direct.jsonl"))


def real_dumps(tap, cluster, mmapinfo, tmp):
    where, todo, parts = pathlib.Path(tmp, "dumps"), tmp + "/list", tmp + "/parts"
    where.mkdir()
    for i in range(4):
        shutil.copy(DEMO, where / f"vmcore {i}")
    os.truncate(where / "vmcore 3", 8 << 20)
    want = direct(mmapinfo, tmp, where)
    pathlib.Path(todo).write_text(triage("--list", where).stdout)
    states = cluster.job(f"--array=0-{TASKS - 1}", SBATCH, todo, parts, "--mmapinfo", mmapinfo, TRIAGE=TRIAGE)
    written = sorted(os.listdir(parts)) if os.path.isdir(parts) else []
    tap.result(written == [f"part.{i}.jsonl" for i in range(TASKS)], "each task writes its part",
               [written, *cluster.logs()])
    tap.result(states == ["COMPLETED", "COMPLETED", "FAILED"] or states == ["COMPLETED", "FAILED", "COMPLETED"],
               "the task whose dump is cut fails, the others do not", states)
    out = tmp + "/merged.jsonl"
    ended = triage("--merge", *(f"{parts}/{p}" for p in written), "-o", out)
    tap.result(without_cost(lines_of(out)) == want and len(want) == 4, "merged: what there is without Slurm", said(ended))


def again(tap, cluster, tmp):
    """Tasks that begin at another number, and one of them submitted again."""
    where, todo, parts = made_dumps(tmp + "/fake", [f"d-{i}" for i in range(7)]), tmp + "/list2", tmp + "/parts2"
    pathlib.Path(todo).write_text(triage("--list", where).stdout)
    log = pathlib.Path(tmp, "log")
    states = cluster.job("--array=4-8:2", SBATCH, todo, parts, "--mmapinfo", FAKE, TRIAGE=TRIAGE, FAKE_LOG=str(log))
    per_part = [len(lines_of(f"{parts}/part.{i}.jsonl")) for i in range(3)]
    tap.result(per_part == [3, 2, 2] and states == ["COMPLETED"] * 3, "an array from 4 to 8 by 2", [per_part, states])
    os.unlink(parts + "/part.1.jsonl")
    log.unlink()
    cluster.job("--array=1", SBATCH, todo, parts, "--mmapinfo", FAKE, TRIAGE=TRIAGE, FAKE_LOG=str(log), SLICES="3")
    asked = sorted({line.split()[0] for line in log.read_text().splitlines()})
    tap.result(asked == ["d-1", "d-4"], "one task again: its slice alone", asked)


def cancelled(tap, cluster, tmp):
    """What is done is kept, what hangs is gone."""
    where, todo, parts = made_dumps(tmp + "/hang", ["d-1", "hang-1"]), tmp + "/list3", tmp + "/parts3"
    pathlib.Path(todo).write_text(triage("--list", where).stdout)
    pids = pathlib.Path(tmp, "pids")
    number = cluster.submit("--array=0", SBATCH, todo, parts, "--mmapinfo", FAKE, TRIAGE=TRIAGE, FAKE_PIDS=str(pids))
    cluster.wait_for("what hangs", pids.exists)
    cluster.run("scancel", number)
    states = cluster.ended(number)
    there = lambda: [p for p in pids.read_text().split() if os.path.exists(f"/proc/{p}")]    # noqa: E731
    for _ in range(100):
        if not there():
            break
        time.sleep(0.1)
    kept = [os.path.basename(line["path"]) for line in lines_of(parts + "/part.0.jsonl")]
    tap.result(kept == ["d-1"] and not there() and states == ["CANCELLED"], "scancel: what is done is kept",
               [kept, there(), states])


def main():
    mmapinfo = os.path.realpath(sys.argv[1])
    tap = Tap()
    with tempfile.TemporaryDirectory() as tmp:
        os.chmod(tmp, 0o755)
        cluster = Cluster(tmp + "/cluster")
        try:
            cluster.up()
            real_dumps(tap, cluster, mmapinfo, tmp)
            again(tap, cluster, tmp)
            cancelled(tap, cluster, tmp)
        finally:
            cluster.stop()
    return tap.end()


sys.exit(main())
