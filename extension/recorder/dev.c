// SPDX-License-Identifier: GPL-2.0
/*
 * /dev/mmaprec: the directory at offset 0, behind it the rings of all possible CPUs, to be
 * mapped for reading; and commands, one line a write. It shows kernel addresses and what
 * others read: as for /proc/kcore, that takes a privileged process.
 */
#include <linux/capability.h>
#include <linux/cpumask.h>
#include <linux/fs.h>
#include <linux/miscdevice.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/uaccess.h>

#include "command.h"
#include "ring.h"

#define LINE_MAX_LENGTH 256

u64 mr_dev_offset(unsigned int cpu)
{
	u64 at = (u64)mr_directory.pages << PAGE_SHIFT;
	unsigned int other;

	for_each_possible_cpu(other)
	{
		const struct mr_area *ring = &per_cpu_ptr(&mr_ring, other)->area;

		if (other == cpu)
			break;
		at += (u64)ring->pages << PAGE_SHIFT;
	}
	return at;
}

/* The page at this page of the device. */
static struct page *page_at(unsigned long nth)
{
	unsigned int cpu;

	if (nth < mr_directory.pages)
		return mr_directory.page[nth];
	nth -= mr_directory.pages;
	for_each_possible_cpu(cpu)
	{
		const struct mr_area *ring = &per_cpu_ptr(&mr_ring, cpu)->area;

		if (nth < ring->pages)
			return ring->page[nth];
		nth -= ring->pages;
	}
	return NULL;
}

static int dev_open(struct inode *inode, struct file *file)
{
	if (!capable(CAP_SYS_ADMIN) && !perfmon_capable())
		return -EPERM;
	return nonseekable_open(inode, file);
}

/* All at once: a fault of the reader would be one more record. */
static int dev_mmap(struct file *file, struct vm_area_struct *vma)
{
	unsigned long address, nth = vma->vm_pgoff;
	int err = 0;

	if (vma->vm_flags & (VM_WRITE | VM_EXEC))
		return -EPERM;
#ifdef MR_HAVE_VM_FLAGS_CLEAR
	vm_flags_clear(vma, VM_MAYWRITE | VM_MAYEXEC);
	vm_flags_set(vma, VM_DONTDUMP | VM_DONTEXPAND);
#else
	vma->vm_flags &= ~(VM_MAYWRITE | VM_MAYEXEC);
	vma->vm_flags |= VM_DONTDUMP | VM_DONTEXPAND;
#endif
	for (address = vma->vm_start; address < vma->vm_end && !err; address += PAGE_SIZE) {
		struct page *page = page_at(nth++);

		err = page ? vm_insert_page(vma, address, page) : -ENXIO;
	}
	return err;
}

static ssize_t dev_write(struct file *file, const char __user *from, size_t size, loff_t *pos)
{
	char line[LINE_MAX_LENGTH];
	int err;

	if (!size || size >= sizeof(line))
		return -EINVAL;
	if (copy_from_user(line, from, size))
		return -EFAULT;
	line[size] = '\0';
	err = mr_command(line);
	return err ? err : size;
}

static const struct file_operations dev_ops = {
	.owner = THIS_MODULE,
	.open = dev_open,
	.mmap = dev_mmap,
	.write = dev_write,
};

static struct miscdevice device = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = MR_NAME,
	.mode = 0600,
	.fops = &dev_ops,
};

int mr_dev_create(void)
{
	return misc_register(&device);
}

void mr_dev_destroy(void)
{
	misc_deregister(&device);
}
