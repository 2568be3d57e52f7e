# SPDX-License-Identifier: GPL-2.0-or-later
"""The bytes of a recorder, decoded as docs/recorder-format.md says and by nothing of mmapinfo's."""
import collections
import struct
import zlib

SLOT = struct.Struct("<QQHBBIII88sQ")
HEADER = struct.Struct("<QQQHHIIIII64s32s16s20sIQQQQQIIQII")
SAMPLE = struct.Struct("<QQQQ")
CPU = struct.Struct("<IIQQIIQQQQQQ")
EVENT = struct.Struct("<HHIII32s")
FIELD = struct.Struct("<32sHBBBBH")
VALUE = struct.Struct("<Q30sBB")
NAMES = ("events", "fields", "values", "hooks", "cpus", "frames", "clock", "filters")

UINT, INT, POINTER, ADDRESS, ENUM, FLAGS, DEV, TEXT, TIME, CODE, NAMED_FLAGS = range(1, 12)

Event = collections.namedtuple("Event", "id length klass name fields")
Field = collections.namedtuple("Field", "name offset size type unit values")
Cpu = collections.namedtuple("Cpu", "cpu online mmap_offset first_frame n_frames head lost_nested "
                             "lost_torn lost_overload filtered sampled_out")
Record = collections.namedtuple("Record", "cpu seq raw event context tid tgid payload")


class Damaged(Exception):
    pass


def text(raw):
    return raw.split(b"\0")[0].decode("ascii", "replace")


class Directory:
    """A directory: all bytes of it."""

    def __init__(self, raw):
        h = HEADER.unpack_from(raw)
        if (h[0] ^ ~0 & 2**64 - 1, h[1] ^ ~0 & 2**64 - 1) != \
                (0xe6ad6d7125909a43, 0x4502f1dfd42169be) or h[2] != 0x0102030405060708:
            raise Damaged("magic")
        self.raw = raw
        (self.major, self.minor, self.header_size, self.page_size, self.dir_pages, self.crc,
         self.copy) = h[3:10]
        self.release, self.version = text(h[10]), text(h[11])
        self.boot_id, self.build_id = h[12:14]
        (self.clock, self.loaded_mono, self.loaded_real) = h[14:17]
        (self.module, self.text_start, self.text_end) = h[17:20]
        (self.slot_size, self.ring_order, self.ring_bytes, self.n_cpus) = h[20:24]
        at = HEADER.size
        self.section = {}
        for i in range(16):
            offset, size, n, _ = struct.unpack_from("<IIII", raw, at + 16 * i)
            if i < len(NAMES):
                self.section[NAMES[i]] = (offset, size, n)
        at += 256
        self.dir_va, self.other_va = struct.unpack_from("<QQ", raw, at)
        self.frames = struct.unpack_from("<128Q", raw, at + 16)
        self.other_frames = struct.unpack_from("<128Q", raw, at + 16 + 1024)
        at += 16 + 2048
        self.fixed_end, self.state, self.filter_changes, self.updated, self.clock_count, \
            self.frozen, self.enabled = struct.unpack_from("<QIIQQQQ", raw, at)
        self.end_of_fixed = at + 8
        if self.fixed_end != 0xe6ad6d7125909a43:
            raise Damaged("end of the fixed part")
        if self.checksum() != self.crc:
            raise Damaged("checksum")
        self.slots = 1 << self.ring_order
        self.describe()
        self.samples = self.clock_samples()

    def entries(self, name, form):
        offset, size, n = self.section[name]
        return [form.unpack_from(self.raw, offset + i * size) for i in range(n)]

    def checksum(self):
        crc = 0
        for name in ("events", "fields", "values", "frames"):
            offset, size, n = self.section[name]
            crc = zlib.crc32(self.raw[offset:offset + n * size], crc)
        fixed = bytearray(self.raw[24:self.end_of_fixed])
        # abi_major, abi_minor, header_size, page_size, dir_pages, crc
        fixed[16:20] = bytes(4)
        return zlib.crc32(bytes(fixed), crc)

    def describe(self):
        fields = [Field(text(f[0]), *f[1:6]) for f in self.entries("fields", FIELD)]
        self.events = {}
        for ident, length, klass, first, n, name in self.entries("events", EVENT):
            self.events[ident] = Event(ident, length, klass, text(name), fields[first:first + n])
        self.values = {}
        for value, name, which, _ in self.entries("values", VALUE):
            self.values[which, value] = text(name)
        self.cpus = [Cpu(c[0], c[1], *c[3:]) for c in self.entries("cpus", CPU)]

    def clock_samples(self):
        all_of = self.entries("clock", SAMPLE)[:self.clock_count]
        good = []
        for s in sorted(s for s in all_of if s[0]):
            if not good or s[1] > good[-1][1]:
                good.append(s)
        return good

    def mono(self, raw):
        """(nanoseconds, extrapolated), or None."""
        if self.clock == 1:
            return raw, False
        if len(self.samples) < 2:
            return None
        i = 0
        while i + 2 < len(self.samples) and self.samples[i + 1][0] <= raw:
            i += 1
        a, b = self.samples[i], self.samples[i + 1]
        num = (b[1] - a[1]) * (raw - a[0])
        # Towards zero, as C divides.
        part = abs(num) // (b[0] - a[0])
        return max(0, a[1] + (part if num >= 0 else -part)), not a[0] <= raw <= b[0]


def judge(raw, place, slots):
    """A record, None if the slot was never used, False if it is torn."""
    (begin, time, event, context, length, check, tid, tgid, payload, end) = SLOT.unpack(raw)
    if not begin and not end:
        return None
    if begin != end or begin % slots != place or length > 88:
        return False
    x = begin ^ time ^ (event | context << 16 | length << 24) ^ (tid | tgid << 32)
    for i in range((length + 7) // 8):
        x ^= struct.unpack_from("<Q", payload, 8 * i)[0]
    if (x ^ x >> 32) & 0xffffffff != check:
        return False
    return Record(None, begin, time, event, context, tid, tgid, payload[:length])


class Ring:
    def __init__(self, raw, cpu, slots):
        self.records, self.never, self.torn = [], 0, 0
        for i in range(slots):
            r = judge(raw[128 * i:128 * i + 128], i, slots)
            if r is None:
                self.never += 1
            elif not r:
                self.torn += 1
            else:
                self.records.append(r._replace(cpu=cpu.cpu))
        self.records.sort(key=lambda r: r.seq)
        self.last = max([cpu.head] + [r.seq for r in self.records])
        gone = max(0, self.last - slots)
        self.overwritten = gone - sum(r.seq <= gone for r in self.records)


def merged(rings):
    """All records by time; the order of a CPU is kept."""
    keyed = []
    for n, ring in enumerate(rings):
        latest = 0
        for i, r in enumerate(ring.records):
            latest = max(latest, r.raw)
            keyed.append((latest, n, i, r))
    return [k[3] for k in sorted(keyed, key=lambda k: k[:3])]


def value_of(directory, record, field):
    """As the JSON of mmapinfo has it."""
    if field.offset + field.size > len(record.payload):
        return None
    raw = record.payload[field.offset:field.offset + field.size]
    if field.type == TEXT:
        return raw.split(b"\0")[0].decode()
    v = int.from_bytes(raw, "little", signed=field.type == INT)
    if field.type == NAMED_FLAGS:
        return [name for b in range(64) if v >> b & 1
                and (name := directory.values.get((field.values, 1 << b)))]
    if field.type == FLAGS:
        return [directory.values.get((field.values, 1 << b), hex(1 << b)) for b in range(64)
                if v >> b & 1]
    if field.type == ENUM:
        return directory.values.get((field.values, v), v)
    if field.type == DEV:
        return f"{v >> 20}:{v & 0xfffff}"
    if field.type in (UINT, INT, TIME):
        return v
    return hex(v)


def fields_of(directory, record):
    event = directory.events.get(record.event)
    if not event:
        return None
    return {f.name: value_of(directory, record, f) for f in event.fields}


def of_device(raw):
    """A copy of what the device has: the directory, and rings at their offsets."""
    page_size, dir_pages = struct.unpack_from("<II", raw, 32)
    d = Directory(raw[:page_size * dir_pages])
    rings = [Ring(raw[c.mmap_offset:c.mmap_offset + d.ring_bytes], c, d.slots) for c in d.cpus]
    return d, rings
