# SPDX-License-Identifier: GPL-2.0-or-later
# Targets: make help.  Variables: CC, SANITIZE=1, PREFIX, DESTDIR, V=1.

VERSION := 0.1.0
SOVERSION := 0

PREFIX ?= /usr/local
LIBDIR ?= $(PREFIX)/lib
CRASHDIR ?= $(LIBDIR)/crash/extensions
PYTHONDIR ?= $(LIBDIR)/python3/dist-packages
BUILD ?= build

CC ?= cc
PKG_CONFIG ?= pkg-config
CLANG_FORMAT ?= clang-format
PYTHON ?= python3

WARN := -Wall -Wextra -Wshadow -Wmissing-prototypes -Werror
CFLAGS ?= -O2 -g
BASE_CFLAGS := -std=gnu11 -D_GNU_SOURCE -D_FILE_OFFSET_BITS=64 -fPIC -fvisibility=hidden \
	-DMI_VERSION='"$(VERSION)"' $(WARN) -Ilibsrc/include
ifeq ($(SANITIZE),1)
BUILD := $(BUILD)/sanitize
BASE_CFLAGS += -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
LDFLAGS += -fsanitize=address,undefined
endif

# Asked for when first used: "make setup" must work on a machine without pkg-config.
# libjq is known to it from 1.7 on only.
JQ_PC = $(eval JQ_PC := $$(shell $(PKG_CONFIG) --exists libjq && echo libjq))$(JQ_PC)
JQ_LIBS = $(if $(JQ_PC),,-ljq)
PKGS = $(strip libkdumpfile libdw libelf smartcols yajl $(JQ_PC))
PKG_CFLAGS = $(eval PKG_CFLAGS := $$(shell $(PKG_CONFIG) --cflags $(PKGS)))$(PKG_CFLAGS)
PKG_LIBS = $(eval PKG_LIBS := $$(shell $(PKG_CONFIG) --libs $(PKGS)) $(JQ_LIBS))$(PKG_LIBS)

Q := $(if $(V),,@)

LIB_SRC := $(sort $(wildcard libsrc/target/*.c libsrc/kernel/*.c libsrc/inspect/*.c libsrc/output/*.c))
CLI_SRC := $(wildcard libsrc/cli/*.c)
CRASH_SRC := $(wildcard extension/crash/*.c)
obj = $(patsubst %.c,$(BUILD)/%.o,$(1))
LIB_OBJ := $(call obj,$(LIB_SRC))
CLI_OBJ := $(call obj,$(CLI_SRC))
CRASH_OBJ := $(call obj,$(CRASH_SRC))

LIB_A := $(BUILD)/libmmapinfo.a
LIB_SO := $(BUILD)/libmmapinfo.so.$(VERSION)
CLI := $(BUILD)/mmapinfo
CRASH_SO := $(BUILD)/mmapinfo.so
PC := $(BUILD)/libmmapinfo.pc

TEST_INC := $(patsubst %,-Ilibsrc/%,target kernel inspect output)
UNIT_SRC := $(wildcard tests/unit/test_*.c)
UNIT := $(patsubst tests/unit/%.c,$(BUILD)/tests/%,$(UNIT_SRC))
HELPER := $(BUILD)/tests/poke $(BUILD)/tests/damage $(BUILD)/tests/hostile $(BUILD)/tests/hide \
	$(BUILD)/tests/make_recorder $(BUILD)/tests/search $(BUILD)/tests/samepages $(BUILD)/tests/recompress $(BUILD)/tests/locks

.PHONY: all help setup demo check check-kernels check-providers check-crashes support crash-support check-unit lint format bench docs demo-dump fuzz fuzz-briefly \
	recorder bench-recorder bench-live install uninstall install-recorder uninstall-recorder clean tests synth
.DEFAULT_GOAL := all
FORCE:
.DELETE_ON_ERROR:

all: $(CLI) $(LIB_A) $(LIB_SO) $(CRASH_SO) $(PC)

help:
	@echo 'make demo       set up, build, show the main job on the dump kept in git'
	@echo 'make check      set up, build, run all tests (boots guests; takes minutes)'
	@echo 'make all        build library, command and crash extension'
	@echo 'make tests      build the unit tests'
	@echo 'make check-kernels  five series, three flavours, against every check (an hour)'
	@echo 'make check-providers  dumps of all kernels by libkdumpfile, drgn and crash (hours)'
	@echo 'make check-crashes  of these the extension in crash of other suites alone'
	@echo 'make crash-support  check-crashes, and its table into docs/crash.md'
	@echo 'make support    check-kernels, and its table into docs/support.md'
	@echo 'make check-unit run the tests that need no guest'
	@echo 'make synth      make the dumps of kernels before 4.0 (tests/synth/README.md)'
	@echo 'make bench      compare with crash, drgn and a plain memory copy'
	@echo 'make lint       formatting, clang-tidy, shellcheck, manual pages, layering'
	@echo 'make fuzz       fuzz the readers of foreign bytes (FUZZ_SECONDS=60 each)'
	@echo 'make docs       regenerate the output shown in README and help mmapinfo'
	@echo 'make demo-dump  make the dump under vmcores/ anew (boots a guest)'
	@echo 'make recorder   the recording kernel module for a Debian kernel (KERNEL=6.1)'
	@echo 'make bench-live  the running kernel, against pagemap and kpageflags (KERNEL=6.1)'
	@echo 'make bench-recorder  instructions that recording costs (KERNEL=6.1)'
	@echo 'make install-recorder  sources for DKMS and mmaprec(8), in PREFIX'
	@echo 'make install    to PREFIX ($(PREFIX)) under DESTDIR; make uninstall'
	@echo 'make clean'
	@echo
	@echo 'SANITIZE=1 builds with ASan and UBSan, CC=clang with clang, V=1 shows commands.'

setup:
	scripts/setup build

# ---- building ----

$(BUILD)/%.o: %.c
	@mkdir -p $(@D)
	$(if $(Q),@echo '  CC      $<')
	$(Q)$(CC) $(BASE_CFLAGS) $(CFLAGS) $(PKG_CFLAGS) $(EXTRA_CFLAGS) -MMD -MP -c $< -o $@

# crash's header wants to know which gdb it was built with; nothing of gdb's is used.
$(CRASH_OBJ) $(BUILD)/tests/unit/crash_stub.o: EXTRA_CFLAGS := -DGDB_10_2

$(LIB_A): $(LIB_OBJ)
	$(if $(Q),@echo '  AR      $@')
	$(Q)rm -f $@ && $(AR) rcs $@ $^

$(LIB_SO): $(LIB_OBJ) libsrc/libmmapinfo.map
	$(if $(Q),@echo '  LD      $@')
	$(Q)$(CC) -shared $(LDFLAGS) -Wl,-soname,libmmapinfo.so.$(SOVERSION) \
		-Wl,--version-script,libsrc/libmmapinfo.map -o $@ $(LIB_OBJ) $(PKG_LIBS)
	$(Q)ln -sf $(@F) $(BUILD)/libmmapinfo.so.$(SOVERSION)
	$(Q)ln -sf $(@F) $(BUILD)/libmmapinfo.so

$(CLI): $(CLI_OBJ) $(LIB_A)
	$(if $(Q),@echo '  LD      $@')
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ $(PKG_LIBS)

$(CRASH_SO): $(CRASH_OBJ) $(LIB_A)
	$(if $(Q),@echo '  LD      $@')
	$(Q)$(CC) -shared $(LDFLAGS) -Wl,-Bsymbolic -Wl,--exclude-libs,ALL -o $@ $^ $(PKG_LIBS)

# Anew each time: PREFIX may be another.
$(PC): libsrc/libmmapinfo.pc.in FORCE
	@mkdir -p $(@D)
	$(Q)sed -e 's|@PREFIX@|$(PREFIX)|' -e 's|@LIBDIR@|$(LIBDIR)|' \
		-e 's|@VERSION@|$(VERSION)|' -e 's|@PKGS@|$(PKGS)|' \
		-e 's|@LIBS@|$(JQ_LIBS)|' $< > $@

# ---- demo and tests ----

demo: setup
	$(Q)$(MAKE) --no-print-directory all
	$(Q)scripts/demo $(CLI)

tests: $(UNIT) $(HELPER)

$(BUILD)/tests/%: tests/unit/%.c $(LIB_A)
	@mkdir -p $(@D)
	$(if $(Q),@echo '  LD      $@')
	$(Q)$(CC) $(BASE_CFLAGS) $(CFLAGS) $(LDFLAGS) $(PKG_CFLAGS) $(TEST_INC) -MMD -MP -o $@ $< \
		$(filter %.o,$^) $(UNIT_FLAGS) $(LIB_A) $(PKG_LIBS) $$($(PKG_CONFIG) --libs cmocka)

# It passes for crash: the extension finds in it what it wants of crash.
CRASH_STUB := $(BUILD)/tests/unit/crash_stub.o
$(BUILD)/tests/test_crash_command: $(CRASH_STUB) $(CRASH_SO)
$(BUILD)/tests/test_crash_command: UNIT_FLAGS := -rdynamic

$(HELPER): $(BUILD)/tests/%: tests/dumps/%.c $(LIB_A)
	@mkdir -p $(@D)
	$(if $(Q),@echo '  LD      $@')
	$(Q)$(CC) $(BASE_CFLAGS) $(CFLAGS) $(LDFLAGS) $(PKG_CFLAGS) -MMD -MP -o $@ $< $(LIB_A) $(PKG_LIBS) $(HELPER_LIBS)

# Kernels before 4.0: a vmlinux of each, a program that makes the dump, and the dump. Nothing of
# the reader's is used. See tests/synth/README.md.
SYNTH_KERNELS := $(patsubst tests/synth/%.h,%,$(wildcard tests/synth/k[0-9]*.h tests/synth/rhel*.h))
SYNTH_DIR := $(BUILD)/tests/synth
SYNTH_SRC := $(filter-out tests/synth/vmlinux.c,$(wildcard tests/synth/*.c))
SYNTH_HDR := $(wildcard tests/synth/*.h)
SYNTH := $(SYNTH_KERNELS:%=$(SYNTH_DIR)/%.vmcore)
SYNTH_FLAGS = -std=gnu11 -D_GNU_SOURCE -D_FILE_OFFSET_BITS=64 $(WARN) -DKERNEL_H='"$*.h"'
# The program has the words of the kernel. That of i386 is linked with its own C library.
# So does that of arm, whose structures are those of i386 but for words of 8 bytes: no program here
# could run with arm's. Those of arm64 are as on x86-64.
SYNTH_I386 := k3_10_i386 k3_10_pae
SYNTH_ARM := k2_6_32_arm k3_10_arm k3_10_arm_lpae
SYNTH_ARM64 := k3_10_arm64 k3_16_arm64
I386_CC ?= i686-linux-gnu-gcc
ARM_CC ?= clang --target=arm-linux-gnueabihf -marm -fuse-ld=lld
ARM64_CC ?= aarch64-linux-gnu-gcc
SYNTH_CC = $(if $(filter $*,$(SYNTH_I386)),$(I386_CC) -static,\
	$(if $(filter $*,$(SYNTH_ARM)),$(I386_CC) -static -malign-double,$(CC)))
SYNTH_KERNEL_CC = $(if $(filter $*,$(SYNTH_ARM)),$(ARM_CC),\
	$(if $(filter $*,$(SYNTH_ARM64)),$(ARM64_CC),$(SYNTH_CC)))
# As kernels are compiled; all types, used or not, as there is no code here that uses them.
SYNTH_KERNEL_FLAGS := -O0 -fno-eliminate-unused-debug-types \
	-ffreestanding -fno-pic -fno-pie -fno-stack-protector -fno-asynchronous-unwind-tables \
	-nostdlib -static -Wl,--build-id=sha1 -Wl,-z,max-page-size=4096
SYNTH_KERNEL_FLAGS_OF = $(if $(filter $*,$(SYNTH_I386)),-Wl$(comma)-T$(comma)tests/synth/vmlinux_i386.lds,\
	$(if $(filter $*,$(SYNTH_ARM)),-Wl$(comma)-T$(comma)tests/synth/vmlinux_arm.lds,\
	$(if $(filter $*,$(SYNTH_ARM64)),-Wl$(comma)-T$(comma)tests/synth/vmlinux_arm64.lds,\
	-mcmodel=kernel -mno-red-zone -Wl$(comma)-T$(comma)tests/synth/vmlinux.lds)))
comma := ,

# What the compilers of these days wrote.
SYNTH_DWARF_k2_6_32 := -gdwarf-2 -gstrict-dwarf
SYNTH_DWARF_k2_6_32_arm := -gdwarf-2
SYNTH_DWARF_rhel6 := -gdwarf-3 -gstrict-dwarf
SYNTH_DWARF_k3_10 := -gdwarf-4 -gstrict-dwarf
SYNTH_DWARF_k3_10_i386 := -gdwarf-4 -gstrict-dwarf
SYNTH_DWARF_k3_10_pae := -gdwarf-3
SYNTH_DWARF_k3_10_arm := -gdwarf-4
SYNTH_DWARF_k3_10_arm_lpae := -gdwarf-3
SYNTH_DWARF_rhel7 := -gdwarf-4
SYNTH_DWARF_k3_10_arm64 := -gdwarf-3
SYNTH_DWARF_k3_16_arm64 := -gdwarf-4

synth: $(SYNTH)
.PRECIOUS: $(SYNTH_DIR)/%.vmlinux $(SYNTH_DIR)/synth-%

$(SYNTH_DIR)/%.vmlinux: tests/synth/vmlinux.c $(wildcard tests/synth/*.lds) $(SYNTH_HDR)
	@mkdir -p $(@D)
	$(if $(Q),@echo '  LD      $@')
	$(Q)$(SYNTH_KERNEL_CC) $(SYNTH_FLAGS) -g $(SYNTH_DWARF_$*) $(SYNTH_KERNEL_FLAGS) $(SYNTH_KERNEL_FLAGS_OF) -o $@ $<

$(SYNTH_DIR)/synth-%: $(SYNTH_SRC) $(SYNTH_HDR)
	@mkdir -p $(@D)
	$(if $(Q),@echo '  LD      $@')
	$(Q)$(SYNTH_CC) $(SYNTH_FLAGS) -O1 -g -o $@ $(SYNTH_SRC)

$(SYNTH_DIR)/%.vmcore: $(SYNTH_DIR)/synth-% $(SYNTH_DIR)/%.vmlinux
	$(if $(Q),@echo '  DUMP    $@')
	$(Q)$< $(SYNTH_DIR)/$*.vmlinux $@ $(SYNTH_DIR)/$*.truth

# It writes what libkdumpfile is to read, without libkdumpfile.
$(BUILD)/tests/recompress: HELPER_LIBS := -lz -llzo2 -lsnappy -lzstd

check:
	scripts/setup test
	$(Q)tests/run

check-kernels:
	scripts/setup test
	$(Q)$(MAKE) --no-print-directory all tests
	$(Q)FULL=1 KERNELS=all tests/run kernels

check-providers:
	scripts/setup test
	$(Q)$(MAKE) --no-print-directory all tests
	$(Q)FULL=1 tests/run providers crashes

check-crashes:
	scripts/setup test
	$(Q)$(MAKE) --no-print-directory all tests
	$(Q)FULL=1 tests/run crashes

crash-support: check-crashes
	$(Q)scripts/crash-table --write docs/crash.md $(BUILD)/crashes.tsv \
		$(BUILD)/providers/*/crashes.tsv

support: check-kernels
	$(Q)scripts/support-table --write $(BUILD)/matrix.tsv docs/support.md

check-unit: all tests synth
	$(Q)tests/run unit

lint:
	scripts/setup test
	$(Q)scripts/lint

format:
	$(CLANG_FORMAT) -i $$(git ls-files '*.c' '*.h')

bench:
	scripts/setup bench
	$(Q)$(MAKE) --no-print-directory all
	$(Q)scripts/bench $(CLI)

FUZZ_FLAGS := -fsanitize=address,undefined
fuzz:
	scripts/setup test
	$(Q)$(MAKE) -s CC=clang BUILD=$(BUILD)/fuzz CFLAGS='-g -O1 -fsanitize=fuzzer-no-link $(FUZZ_FLAGS)' \
		$(BUILD)/fuzz/libmmapinfo.a
	$(Q)scripts/fuzz $(BUILD)/fuzz/libmmapinfo.a $(FUZZ_FLAGS) $(PKG_LIBS)

# The tests': that all of them can be built, and run for a moment.
fuzz-briefly: all
	$(Q)FUZZ_SECONDS=3 scripts/fuzz $(LIB_A) $(PKG_LIBS)

docs: all
	$(Q)scripts/regen-docs $(CLI)
	$(Q)extension/crash/regen-help $(CLI) vmcores/demo/vmcore

demo-dump:
	scripts/setup test
	$(Q)scripts/make-demo-dump

# For a kernel of scripts/fetch-kernel; for the one that runs: make -C extension/recorder.
recorder: KERNEL ?= 6.1
recorder:
	$(Q)scripts/build-recorder $(KERNEL) $(BUILD)/recorder/$(KERNEL)

bench-live: KERNEL ?= 6.1
bench-live:
	scripts/setup test
	$(Q)$(MAKE) -s $(CLI)
	$(Q)scripts/bench-live --doc $(KERNEL)

bench-recorder: KERNEL ?= 6.1
bench-recorder:
	scripts/setup test
	$(Q)scripts/bench-recorder --doc $(KERNEL)

# ---- installing ----

install: all
	install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(LIBDIR)/pkgconfig $(DESTDIR)$(CRASHDIR) $(DESTDIR)$(PYTHONDIR) \
		$(DESTDIR)$(PREFIX)/include $(DESTDIR)$(PREFIX)/share/man/man1 \
		$(DESTDIR)$(PREFIX)/share/doc/mmapinfo $(DESTDIR)$(PREFIX)/share/mmapinfo/triage
	install -m 755 $(CLI) $(DESTDIR)$(PREFIX)/bin/mmapinfo
	install -m 755 scripts/mmapinfo-triage $(DESTDIR)$(PREFIX)/bin/
	install -m 644 scripts/lib/triage/*.py $(DESTDIR)$(PREFIX)/share/mmapinfo/triage/
	install -m 644 scripts/mmapinfo-triage.sbatch $(DESTDIR)$(PREFIX)/share/mmapinfo/
	install -m 755 $(LIB_SO) $(DESTDIR)$(LIBDIR)/
	ln -sf $(notdir $(LIB_SO)) $(DESTDIR)$(LIBDIR)/libmmapinfo.so.$(SOVERSION)
	ln -sf libmmapinfo.so.$(SOVERSION) $(DESTDIR)$(LIBDIR)/libmmapinfo.so
	install -m 644 $(LIB_A) $(DESTDIR)$(LIBDIR)/
	install -m 644 $(PC) $(DESTDIR)$(LIBDIR)/pkgconfig/
	install -m 755 $(CRASH_SO) $(DESTDIR)$(CRASHDIR)/
	install -m 644 extension/drgn/mmapinfo.py $(DESTDIR)$(PYTHONDIR)/
	install -m 644 libsrc/include/mmapinfo.h $(DESTDIR)$(PREFIX)/include/
	install -m 644 docs/mmapinfo.1 docs/mmapinfo-triage.1 $(DESTDIR)$(PREFIX)/share/man/man1/
	install -m 644 docs/mmapinfo.schema.json docs/json.md docs/dumps.md docs/drgn.md \
		docs/triage.md docs/triage.schema.json docs/recorder-format.md \
		docs/checks/expectations.md $(DESTDIR)$(PREFIX)/share/doc/mmapinfo/
	install -d $(DESTDIR)$(PREFIX)/share/doc/mmapinfo/examples
	install -m 644 docs/checks/examples/*.json $(DESTDIR)$(PREFIX)/share/doc/mmapinfo/examples/

uninstall:
	rm -f $(DESTDIR)$(PREFIX)/bin/mmapinfo $(DESTDIR)$(PREFIX)/bin/mmapinfo-triage \
		$(DESTDIR)$(PREFIX)/share/man/man1/mmapinfo-triage.1 $(DESTDIR)$(LIBDIR)/libmmapinfo.* \
		$(DESTDIR)$(LIBDIR)/pkgconfig/libmmapinfo.pc $(DESTDIR)$(CRASHDIR)/mmapinfo.so \
		$(DESTDIR)$(PYTHONDIR)/mmapinfo.py \
		$(DESTDIR)$(PREFIX)/include/mmapinfo.h $(DESTDIR)$(PREFIX)/share/man/man1/mmapinfo.1
	rm -rf $(DESTDIR)$(PREFIX)/share/doc/mmapinfo $(DESTDIR)$(PREFIX)/share/mmapinfo

# The recorder: what DKMS builds it from, for each kernel of the machine (docs/recorder.md).
RECORDER_DIR = $(DESTDIR)$(PREFIX)/src/mmaprec-$(VERSION)
RECORDER_SRC = $(wildcard $(patsubst %,extension/recorder/%,*.c *.h *.def Kbuild Makefile dkms.conf))

install-recorder:
	install -d $(RECORDER_DIR)/probes $(DESTDIR)$(PREFIX)/share/man/man8 \
		$(DESTDIR)$(PREFIX)/share/doc/mmapinfo
	install -m 644 $(RECORDER_SRC) $(RECORDER_DIR)/
	install -m 644 extension/recorder/probes/*.c $(RECORDER_DIR)/probes/
	install -m 644 docs/mmaprec.8 $(DESTDIR)$(PREFIX)/share/man/man8/
	install -m 644 docs/recorder.md docs/recorder-format.md $(DESTDIR)$(PREFIX)/share/doc/mmapinfo/

uninstall-recorder:
	rm -rf $(RECORDER_DIR)
	rm -f $(DESTDIR)$(PREFIX)/share/man/man8/mmaprec.8 \
		$(DESTDIR)$(PREFIX)/share/doc/mmapinfo/recorder.md \
		$(DESTDIR)$(PREFIX)/share/doc/mmapinfo/recorder-format.md

clean:
	rm -rf build

-include $(LIB_OBJ:.o=.d) $(CLI_OBJ:.o=.d) $(CRASH_OBJ:.o=.d) $(UNIT:=.d) $(CRASH_STUB:.o=.d) $(HELPER:=.d)
