// SPDX-License-Identifier: GPL-2.0-or-later
/* Ways through block devices that stand on others: one, several, none, circles. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../../libsrc/inspect/devices.h"

/*
 * dm0 on vda1; md0 on vda2 and vdb1; dm1 on md0; dm2 and dm3 on each other.
 * Block devices are numbered in the order of their addresses.
 */
enum {
	VDA,
	VDB,
	DM0,
	MD0,
	DM1,
	DM2,
	DM3,
	N_DISKS
};
enum {
	B_VDA,
	B_VDA1,
	B_VDA2,
	B_VDB,
	B_VDB1,
	B_DM0,
	B_MD0,
	B_DM1,
	B_DM2,
	B_DM3,
	N_BDEVS
};

static struct mi_disk disks[N_DISKS];
static struct mi_stacked stacked[N_DISKS];
static struct mi_bdev bdev[N_BDEVS] = {
	[B_VDA] = {.addr = 1, .disk = VDA},
	[B_VDA1] = {.addr = 2, .disk = VDA, .part = 1},
	[B_VDA2] = {.addr = 3, .disk = VDA, .part = 2},
	[B_VDB] = {.addr = 4, .disk = VDB},
	[B_VDB1] = {.addr = 5, .disk = VDB, .part = 1},
	[B_DM0] = {.addr = 6, .disk = DM0},
	[B_MD0] = {.addr = 7, .disk = MD0},
	[B_DM1] = {.addr = 8, .disk = DM1},
	[B_DM2] = {.addr = 9, .disk = DM2},
	[B_DM3] = {.addr = 10, .disk = DM3},
};
static struct mi_stands stands[] = {
	{DM0, B_VDA1}, {MD0, B_VDA2}, {MD0, B_VDB1}, {DM1, B_MD0}, {DM2, B_DM3}, {DM3, B_DM2},
};
static const struct mi_devices d = {
	.disks = disks,
	.n_disks = N_DISKS,
	.stacked = stacked,
	.bdevs = {.bdev = bdev,
		  .n = N_BDEVS,
		  .stands = stands,
		  .n_stands = sizeof(stands) / sizeof(stands[0]),
		  .stands_known = true},
};

static size_t way(size_t top, size_t disk, uint32_t part, struct mi_step path[MI_STEPS_MAX])
{
	struct mi_tops tops = {.list = &top, .n = 1, .whole = true};

	return mi_devices_way(&d, &tops, disk, part, path);
}

static void one_way(void **state)
{
	struct mi_step path[MI_STEPS_MAX];

	(void)state;
	assert_int_equal(way(B_DM0, VDA, 1, path), 3);
	assert_int_equal(path[0].disk, DM0);
	assert_int_equal(path[1].part, 1);
	assert_int_equal(path[2].disk, VDA);
	assert_int_equal(path[2].part, 0);
	assert_int_equal(way(B_DM1, VDB, MI_ANY_PART, path), 4);
	assert_int_equal(path[1].disk, MD0);
	assert_int_equal(way(B_VDA1, VDA, 1, path), 2);
	assert_int_equal(way(B_VDA, VDA, 0, path), 1);
}

static void no_way(void **state)
{
	struct mi_step path[MI_STEPS_MAX];

	(void)state;
	assert_int_equal(way(B_DM0, VDB, MI_ANY_PART, path), 0);
	assert_int_equal(way(B_DM0, VDA, 2, path), 0);
	/* The request is for the whole disk: then not by way of a partition. */
	assert_int_equal(way(B_DM0, VDA, 0, path), 0);
}

/* Two members of an array on one disk, and two devices below a file system. */
static void several_ways(void **state)
{
	size_t both[] = {B_DM0, B_MD0};
	struct mi_tops tops = {.list = both, .n = 2, .whole = true};
	struct mi_step path[MI_STEPS_MAX];

	(void)state;
	assert_int_equal(mi_devices_way(&d, &tops, VDA, MI_ANY_PART, path), 0);
	assert_int_equal(mi_devices_way(&d, &tops, VDA, 2, path), 3);
	assert_int_equal(path[0].disk, MD0);
}

static void circles_end(void **state)
{
	struct mi_step path[MI_STEPS_MAX];
	size_t disk;
	bool known;

	(void)state;
	assert_int_equal(way(B_DM2, VDA, MI_ANY_PART, path), 0);
	assert_false(mi_devices_above(&d, DM2, VDA));
	assert_false(mi_devices_own_pages(&d, B_DM2, &disk, &known));
}

static void above(void **state)
{
	(void)state;
	assert_true(mi_devices_above(&d, DM1, VDB));
	assert_true(mi_devices_above(&d, DM1, MD0));
	assert_false(mi_devices_above(&d, VDB, DM1));
	assert_false(mi_devices_above(&d, DM0, VDB));
}

static void own_pages(void **state)
{
	size_t disk = 0;
	bool known = false;

	(void)state;
	assert_false(mi_devices_own_pages(&d, B_DM1, &disk, &known));
	stacked[MD0] = (struct mi_stacked){.kind = MI_STACK_MD, .pages = MI_STACK_OWN_PAGES};
	assert_true(mi_devices_own_pages(&d, B_DM1, &disk, &known));
	assert_int_equal(disk, MD0);
	assert_true(known);
	stacked[MD0].pages = MI_STACK_PAGES_UNKNOWN;
	assert_true(mi_devices_own_pages(&d, B_DM1, &disk, &known));
	assert_false(known);
	stacked[MD0] = (struct mi_stacked){0};
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_way),	cmocka_unit_test(no_way),
		cmocka_unit_test(several_ways), cmocka_unit_test(circles_end),
		cmocka_unit_test(above),	cmocka_unit_test(own_pages),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
