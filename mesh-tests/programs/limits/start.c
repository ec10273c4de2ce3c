/* Starts a program under what its arguments say, up to "--":
 *   refuse CALL    a filter lets the system call fail with EPERM
 *   kill CALL      a filter kills for the system call
 *   group FILE     its process joins the control group that has the file as its list of processes
 *   no-proc        /proc is not mounted
 *   bare           the environment is empty; must be the last */
#define _GNU_SOURCE
#include "../check.h"
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

static unsigned number_of(const char *call)
{
    static const struct {
        const char *name;
        unsigned number;
    } calls[] = {
        {"userfaultfd", SYS_userfaultfd},
        {"io_uring_setup", SYS_io_uring_setup},
        {"memfd_create", SYS_memfd_create},
        {"prctl", SYS_prctl},
        {"mremap", SYS_mremap},
        {"madvise", SYS_madvise},
        {"membarrier", SYS_membarrier},
        {"process_vm_readv", SYS_process_vm_readv},
    };
    for (size_t i = 0; i < sizeof calls / sizeof *calls; i++)
        if (strcmp(call, calls[i].name) == 0)
            return calls[i].number;
    need("a system call that is known here", 0);
    return 0;
}

static void filter(unsigned call, unsigned answer)
{
    struct sock_filter filter[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, call, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, answer),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog program = {sizeof filter / sizeof *filter, filter};
    need("no new privileges", prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
    need("a filter", prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0) == 0);
}

static void join(const char *processes)
{
    int list = open(processes, O_WRONLY);
    need("a control group", list != -1 && write(list, "0", 1) == 1);
    close(list);
}

static void without_proc(void)
{
    need("a name space", unshare(CLONE_NEWNS) == 0);
    need("private mounts", mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0);
    need("/proc to go", umount2("/proc", MNT_DETACH) == 0);
    need("nothing at /proc", access("/proc/self/status", F_OK) == -1);
}

int main(int count, char **arguments)
{
    char *nothing[] = {NULL};
    char **environment = environ;
    int at = 1;
    for (; at < count && strcmp(arguments[at], "--") != 0; at++) {
        const char *what = arguments[at];
        if (strcmp(what, "refuse") == 0 && ++at < count)
            filter(number_of(arguments[at]), SECCOMP_RET_ERRNO | EPERM);
        else if (strcmp(what, "kill") == 0 && ++at < count)
            filter(number_of(arguments[at]), SECCOMP_RET_KILL_PROCESS);
        else if (strcmp(what, "group") == 0 && ++at < count)
            join(arguments[at]);
        else if (strcmp(what, "no-proc") == 0)
            without_proc();
        else if (strcmp(what, "bare") == 0)
            environment = nothing;
        else
            need("a limit that is known here", 0);
    }
    need("a program", at + 1 < count);
    execve(arguments[at + 1], arguments + at + 1, environment);
    need("the program to start", 0);
}
