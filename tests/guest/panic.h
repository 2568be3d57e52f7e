/*
 * Ending in a panic instead of asleep: a crash kernel is loaded, the kernel
 * panics, and the crash kernel, with the same init, saves /proc/vmcore.
 */
#ifndef GUEST_PANIC_H
#define GUEST_PANIC_H

/*
 * Loads the crash kernel that lies in /crash, and frees those files. Changes
 * memory, so it comes before the truth is recorded.
 */
void crash_kernel_load(void);

/* Panics. Nothing returns from there. */
_Noreturn void crash_now(void);

/* Is this the crash kernel, booted to save the memory of the one before it? */
int crash_happened(void);

/*
 * In the crash kernel: saves the memory in several forms on the ext4 disk
 * @roomy, and as much of it as there is room for on @small. Powers off.
 */
void crash_save(const char *roomy);
void crash_save_what_fits(const char *small);
_Noreturn void crash_end(void);

#endif
