#include "common.h"
#include "panic.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#define CRASH_KERNEL "/crash/vmlinuz"
#define CRASH_INITRAMFS "/crash/initramfs"
/* One CPU, and drivers that expect devices in any state. */
#define CRASH_CMDLINE "console=ttyS0 loglevel=4 panic=-1 nr_cpus=1 reset_devices"
#define KEXEC_FILE_ON_CRASH 2UL
#ifdef SYS_kexec_file_load
#define OUR_SYS_KEXEC_FILE_LOAD SYS_kexec_file_load
#else
#define OUR_SYS_KEXEC_FILE_LOAD -1 /* i386 has none */
#endif

#define VMCORE "/proc/vmcore"
#define TARGET "/dump"

static int open_file(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		fail("cannot open %s", path);
	return fd;
}

void crash_kernel_load(void)
{
	int kernel = open_file(CRASH_KERNEL), initramfs = open_file(CRASH_INITRAMFS);

	if (syscall(OUR_SYS_KEXEC_FILE_LOAD, kernel, initramfs, sizeof(CRASH_CMDLINE),
		    CRASH_CMDLINE, KEXEC_FILE_ON_CRASH) < 0)
		fail("cannot load the crash kernel");
	close(kernel);
	close(initramfs);
	unlink(CRASH_KERNEL);
	unlink(CRASH_INITRAMFS);
}

void crash_now(void)
{
	/* The kernel's last words would come in the middle of ours. */
	tcdrain(STDOUT_FILENO);
	must_write("/proc/sysrq-trigger", "c");
	fail("the kernel did not panic");
}

int crash_happened(void)
{
	return access(VMCORE, F_OK) == 0;
}

static void mount_target(const char *disk)
{
	/* makedumpfile wants to create temporary files. */
	mkdir("/tmp", 0755);
	mkdir(TARGET, 0755);
	if (mount(disk, TARGET, "ext4", MS_NOATIME, NULL) < 0)
		fail("cannot mount %s", disk);
}

static void unmount_target(void)
{
	if (umount(TARGET) < 0)
		fail("cannot unmount " TARGET);
}

/* As cp(1) would: what a crash kernel without makedumpfile does. */
static void copy_vmcore(const char *to)
{
	static char buf[1 << 20];
	int in = open_file(VMCORE), out = open(to, O_CREAT | O_WRONLY | O_CLOEXEC, 0644);
	ssize_t n;

	if (out < 0)
		fail("cannot create %s", to);
	while ((n = read(in, buf, sizeof(buf))) > 0)
		if (write(out, buf, (size_t)n) != n)
			fail("cannot write %s", to);
	if (n < 0)
		fail("cannot read " VMCORE);
	close(in);
	close(out);
}

/* The exit status, or -1. */
static int run(char *const argv[])
{
	int status;
	pid_t pid = fork();

	if (pid < 0)
		fail("fork");
	if (pid == 0) {
		execv(argv[0], argv);
		fail("cannot start %s", argv[0]);
	}
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			fail("waitpid");
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* 4: errors are told, progress is not. */
#define MAKEDUMPFILE "/bin/makedumpfile", "--message-level", "4"

void crash_save(const char *roomy)
{
	static char *const lzo[] = {
		MAKEDUMPFILE, "-l", "-d", "31", VMCORE, TARGET "/vmcore.d31.lzo", NULL};
	static char *const elf[] = {
		MAKEDUMPFILE, "-E", "-d", "31", VMCORE, TARGET "/vmcore.d31.elf", NULL};

	mount_target(roomy);
	if (run(lzo) || run(elf))
		fail("makedumpfile failed");
	copy_vmcore(TARGET "/vmcore.elf");
	unmount_target();
}

void crash_save_what_fits(const char *small)
{
	static char *const lzo[] = {
		MAKEDUMPFILE, "-l", "-d", "31", VMCORE, TARGET "/vmcore.truncated.lzo", NULL};

	mount_target(small);
	if (!run(lzo))
		fail("the small disk is not small enough");
	unmount_target();
}

void crash_end(void)
{
	printf("%s\n", MARK_SAVED);
	tcdrain(STDOUT_FILENO);
	reboot(RB_POWER_OFF);
	fail("no way to power off");
}
