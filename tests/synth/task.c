// SPDX-License-Identifier: GPL-2.0-or-later
/* task.c - tasks, their PIDs and kernel stacks */
#include <stdlib.h>
#include <string.h>

#include "world.h"

#define PIDHASH_SHIFT 12
#ifdef K_NARROW
#define GOLDEN_RATIO 0x9e370001UL
#else
#define GOLDEN_RATIO 0x9e37fffffffc0001UL
#endif
#define CPUS 2

struct s_task *s_tasks;

static struct s_task *idle;
static struct pid_namespace *other_ns;

/* ---- PIDs ---- */

static struct hlist_head *pid_bucket(int nr, struct pid_namespace *ns)
{
	unsigned long key = (unsigned long)nr + (unsigned long)ram_kva(ns);

	return (struct hlist_head *)H(*SYM(struct hlist_head *, pid_hash)) +
	       (key * GOLDEN_RATIO >> (8 * sizeof(long) - PIDHASH_SHIFT));
}

static void pid_number(struct pid *pid, unsigned int level, int nr, struct pid_namespace *ns)
{
	struct upid *upid = &pid->numbers[level];

	upid->nr = nr;
	upid->ns = K(ns);
	hlist_add_head(&upid->pid_chain, pid_bucket(nr, ns));
}

static struct pid *pid_new(int nr, int nr_in_other)
{
	unsigned int level = nr_in_other ? 1 : 0;
	struct pid *pid = ram_alloc(sizeof(*pid) + level * sizeof(struct upid));

	pid->count.counter = 1;
	pid->level = level;
	pid_number(pid, 0, nr, SYM(struct pid_namespace, init_pid_ns));
	if (level)
		pid_number(pid, 1, nr_in_other, other_ns);
	return pid;
}

static void attach_pid(struct task_struct *task, enum pid_type type, struct pid *pid)
{
	task->pids[type].pid = K(pid);
	hlist_add_head(&task->pids[type].node, &pid->tasks[type]);
}

/* ---- stacks ---- */

static void stack_new(struct task_struct *task)
{
	unsigned int order = sizeof(union thread_union) > 2 * PAGE_SIZE ? 2 : 1;
	union thread_union *stack = ram_at(ram_pages(order) * PAGE_SIZE);

	stack->thread_info.task = K(task);
	task->stack = K(stack);
	/* Asleep in schedule(), some way down. */
#ifdef K_ARM
	stack->thread_info.cpu_context.sp = (unsigned long)ram_kva(stack + 1) - 1024;
#elif defined(K_ARM64)
	task->thread.cpu_context.sp = (unsigned long)ram_kva(stack) + sizeof(*stack) - 1024;
#else
	task->thread.sp0 = (unsigned long)ram_kva(stack) + sizeof(*stack);
	task->thread.sp = task->thread.sp0 - 1024;
#endif
}

void *task_stack_at(struct s_task *t, size_t depth)
{
	return (char *)H(t->task->stack) + sizeof(union thread_union) - depth;
}

/* ---- tasks ---- */

static void into_group(struct s_task *t, struct s_task *leader)
{
	struct task_struct *task = t->task;

	list_init(&task->thread_group);
	if (!leader) {
		struct signal_struct *signal = ram_alloc(sizeof(*signal));

		signal->live.counter = 1;
		task->group_leader = K(task);
		task->signal = K(signal);
#ifdef K_THREAD_NODE
		list_init(&signal->thread_head);
		list_add_tail(&task->thread_node, &signal->thread_head);
#endif
		list_add_tail(&task->tasks, &idle->task->tasks);
		return;
	}
	task->group_leader = K(leader->task);
	task->signal = leader->task->signal;
	H(task->signal)->live.counter++;
	list_add_tail(&task->thread_group, &leader->task->thread_group);
#ifdef K_THREAD_NODE
	list_add_tail(&task->thread_node, &H(task->signal)->thread_head);
#endif
}

static void give_pids(struct s_task *t, struct pid *pid)
{
	attach_pid(t->task, PIDTYPE_PID, pid);
	if (!t->leader) {
		attach_pid(t->task, PIDTYPE_PGID, pid);
		attach_pid(t->task, PIDTYPE_SID, pid);
	}
}

static char letter_of(long state)
{
	return state == TASK_RUNNING ? 'R' : state == TASK_INTERRUPTIBLE ? 'S' : 'D';
}

static struct s_task *note_task(struct task_struct *task, struct s_task *parent,
				struct s_task *leader, struct s_mm *mm)
{
	struct s_task *t = note_alloc(sizeof(*t));

	t->task = task;
	t->parent = parent;
	t->leader = leader;
	t->mm = mm;
	t->next = s_tasks;
	s_tasks = t;
	return t;
}

static struct s_task *make(int pid, int ns_pid, const char *comm, struct s_task *parent,
			   struct s_task *leader, struct s_mm *mm, long state)
{
	struct task_struct *task = ram_alloc(sizeof(*task));
	struct s_task *t = note_task(task, parent, leader, mm);

	t->state = letter_of(state);
	t->ns_pid = ns_pid;
	task->state = state;
	task->pid = pid;
	task->tgid = leader ? leader->task->pid : pid;
	task->flags = mm ? 0x400000 : PF_KTHREAD;
	strncpy(task->comm, comm, sizeof(task->comm) - 1);
	task->real_parent = task->parent = K(parent ? parent->task : idle->task);
	task->active_mm = K(mm ? mm->mm : SYM(struct mm_struct, init_mm));
	list_init(&task->children);
	into_group(t, leader);
	give_pids(t, pid_new(pid, ns_pid));
	stack_new(task);
	if (mm) {
		task->mm = K(mm->mm);
		mm->mm->mm_users.counter++;
		if (!mm->mm->owner)
			mm->mm->owner = K(task);
	}
	return t;
}

struct s_task *task_new(int pid, const char *comm, struct s_task *parent, struct s_task *leader,
			struct s_mm *mm, long state)
{
	return make(pid, 0, comm, parent, leader, mm, state);
}

struct s_task *task_new_in_ns(int pid, int ns_pid, const char *comm, struct s_task *parent,
			      struct s_mm *mm)
{
	if (!other_ns) {
		other_ns = ram_alloc(sizeof(*other_ns));
		other_ns->level = 1;
		other_ns->parent = K(SYM(struct pid_namespace, init_pid_ns));
	}
	return make(pid, ns_pid, comm, parent, NULL, mm, TASK_INTERRUPTIBLE);
}

/* After exit(2): no memory, out of the way until somebody asks for its status. */
void task_zombie(struct s_task *t)
{
	if (t->mm)
		t->mm->mm->mm_users.counter--;
	t->mm = NULL;
	t->state = 'Z';
	t->task->mm = NULL;
	t->task->flags = 0x4;
	t->task->state = 64; /* TASK_DEAD */
	t->task->exit_state = EXIT_ZOMBIE;
}

void task_init(void)
{
	struct task_struct *task = SYM(struct task_struct, init_task);
	struct hlist_head *buckets = ram_alloc(sizeof(*buckets) << PIDHASH_SHIFT);

	*SYM(struct hlist_head *, pid_hash) = K(buckets);
	*SYM(unsigned int, pidhash_shift) = PIDHASH_SHIFT;
	*SYM(int, nr_cpu_ids) = CPUS;
	idle = note_task(task, NULL, NULL, NULL);
	s_tasks = NULL; /* it is no process */
	strcpy(task->comm, "swapper/0");
	task->flags = PF_KTHREAD;
	list_init(&task->tasks);
	list_init(&task->children);
	list_init(&task->thread_group);
	task->group_leader = task->real_parent = task->parent = K(task);
	task->signal = K(SYM(struct signal_struct, init_signals));
	task->stack = K(SYM(union thread_union, init_thread_union));
	SYM(union thread_union, init_thread_union)->thread_info.task = K(task);
	task->active_mm = K(SYM(struct mm_struct, init_mm));
	SYM(struct mm_struct, init_mm)->pgd = K((pgd_t *)sym_host(K_TOP_TABLE));
}
