/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * printk.h - the kernel's log: bytes before 3.5 (K_LOG_BYTES), else records, which are called
 * struct log up to 3.10, and in RHEL 7 (K_LOG_RECORD is the name)
 */
#ifndef SYNTH_PRINTK_H
#define SYNTH_PRINTK_H

#include "machine.h"

#define K_LOG_BUF_LEN 8192

#ifndef K_LOG_BYTES
#ifndef K_LOG_RECORD
#define K_LOG_RECORD log
#endif
struct K_LOG_RECORD {
	u64 ts_nsec;
	u16 len;
	u16 text_len;
	u16 dict_len;
	u8 facility;
	u8 flags : 5;
	u8 level : 3;
};
#endif

#endif
