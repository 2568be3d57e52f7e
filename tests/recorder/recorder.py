"""What mmaprec.ko leaves as the checks of it want it, and physical memory of ELF dumps.

The bytes are decoded by tests/dumps/recorder_raw.py, which shares no code with the reader.
"""

import pathlib
import struct
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "dumps"))

import recorder_raw as raw_of  # noqa: E402
import tap  # noqa: E402

MAGIC = bytes(b ^ 0xFF for b in struct.pack("<QQ", 0xE6AD6D7125909A43, 0x4502F1DFD42169BE))
STATES = {1: "loading", 2: "running", 3: "paused", 4: "frozen", 5: "unloaded"}
HOOK = struct.Struct("<48s72sIIQQQ")
FRAME = struct.Struct("<Q")


class Tap(tap.Tap):
    def ok(self, good, name, *details):
        self.result(good, name, details[:12])

    def same(self, got, want, name):
        self.ok(got == want, name, f"got  {got}"[:500], f"want {want}"[:500])


class Elf:
    """Physical memory of an ELF dump, as far as it is there."""

    def __init__(self, path):
        self.file = open(path, "rb")
        head = self.file.read(64)
        phoff, phentsize, phnum = struct.unpack_from("<Q", head, 32)[0], *struct.unpack_from(
            "<HH", head, 54)
        if phnum == 0xFFFF:
            raise ValueError("too many program headers")
        self.loads = []
        for i in range(phnum):
            self.file.seek(phoff + i * phentsize)
            kind, _, offset, _, paddr, filesz = struct.unpack("<IIQQQQ", self.file.read(40))
            if kind == 1 and filesz:
                self.loads.append((paddr, filesz, offset))

    def page(self, pfn):
        at = pfn << 12
        for paddr, size, offset in self.loads:
            if paddr <= at and at + 4096 <= paddr + size:
                self.file.seek(offset + at - paddr)
                return self.file.read(4096)
        return None

    def pages(self, pfns, zeroes=False):
        """@zeroes: makedumpfile leaves out pages without a byte, which rings may have."""
        got = [self.page(pfn) or (bytes(4096) if zeroes else None) for pfn in pfns]
        missing = got.count(None)
        if missing:
            raise LookupError(f"{missing} of {len(got)} pages are not in the dump")
        return b"".join(got)


class Directory(raw_of.Directory):
    def __init__(self, raw):
        super().__init__(raw)
        self.state = STATES.get(self.state, self.state)
        self.dir_frames = self.frames[:self.dir_pages]
        self.other_frames = self.other_frames[:self.dir_pages]
        self.hooks = {
            (raw_of.text(name), klass): {"reason": raw_of.text(reason), "mechanism": mechanism,
                                         "missed": missed, "events": events}
            for name, reason, mechanism, klass, _, missed, events in self.entries("hooks", HOOK)}

    def clocks(self):
        return self.entries("clock", raw_of.SAMPLE)

    def ring_frames(self, dump, nth):
        """The frame numbers of a ring, by its frame list in the dump."""
        cpu = self.cpus[nth]
        lists = [frame for frame, in self.entries("frames", FRAME)]
        raw = dump.pages(lists[cpu.first_frame:cpu.first_frame + cpu.n_frames])
        return struct.unpack_from(f"<{self.ring_bytes // self.page_size}Q", raw)

    def decode(self, event, payload):
        got = {}
        for f in self.events[event].fields:
            raw = payload[f.offset:f.offset + f.size]
            value = int.from_bytes(raw, "little", signed=f.type == raw_of.INT)
            if f.type == raw_of.TEXT:
                value = raw_of.text(raw)
            elif f.type == raw_of.ENUM:
                value = self.values.get((f.values, value), value)
            elif f.type in (raw_of.FLAGS, raw_of.NAMED_FLAGS):
                value = {name for (names, bits), name in self.values.items()
                         if names == f.values and value & bits == bits}
            got[f.name] = value
        return got


class Record(dict):
    """Fields of the event, and seq, cpu, at, name, context, tid, tgid, raw."""

    __getattr__ = dict.__getitem__


def read_ring(directory, raw, cpu):
    """Valid records of a ring by number, and how many slots are torn."""
    records, torn, size = {}, 0, directory.slot_size
    for nth in range(len(raw) // size):
        slot = raw[nth * size:(nth + 1) * size]
        r = raw_of.judge(slot, nth, len(raw) // size)
        if r is None:
            continue
        if not r or r.event not in directory.events:
            torn += 1
            continue
        records[r.seq] = Record(directory.decode(r.event, r.payload), seq=r.seq, cpu=cpu, at=r.raw,
                                name=directory.events[r.event].name, context=r.context, tid=r.tid,
                                tgid=r.tgid, raw=slot)
    return records, torn
