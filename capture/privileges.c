/* SPDX-License-Identifier: MIT */
/*
 * The order matters: capabilities and user first (they need privileges), then no-new-privs (which
 * Landlock and seccomp ask for), then Landlock, and seccomp last, since it forbids the calls that
 * the others are made of.
 */

#include "capture/privileges.h"

#include <cap-ng.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <netinet/in.h>
#include <pwd.h>
#include <sched.h>
#include <seccomp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* clone(2): the order of its arguments is not the same everywhere. */
#if defined __s390__
#define FLAGS_OF_CLONE SCMP_A1
#else
#define FLAGS_OF_CLONE SCMP_A0
#endif

/* ---- whom to become ---- */

static bool become(struct unprivileged *who, const struct passwd *entry)
{
    if (!entry)
        return false;
    who->uid = entry->pw_uid;
    who->gid = entry->pw_gid;
    snprintf(who->name, sizeof who->name, "%s", entry->pw_name);
    return true;
}

/* Whoever called sudo; not root itself. */
static const struct passwd *sudo_caller(void)
{
    const char *text = getenv("SUDO_UID");
    char *end;
    if (!text || !*text)
        return NULL;
    unsigned long uid = strtoul(text, &end, 10);
    return *end || uid == 0 || uid > UINT32_MAX - 1 ? NULL : getpwuid((uid_t)uid);
}

static const struct passwd *owner_of(const char *folder)
{
    struct stat about;
    if (stat(folder, &about) != 0 || about.st_uid == 0)
        return NULL;
    return getpwuid(about.st_uid);
}

bool unprivileged_choose(struct unprivileged *who, const char *name, const char *folder,
                         struct error *error)
{
    if (geteuid() != 0) {
        *who = (struct unprivileged){.uid = geteuid(), .gid = getegid()};
        snprintf(who->name, sizeof who->name, "uid %u", (unsigned)who->uid);
        return true;
    }
    if (name)
        return become(who, getpwnam(name)) ||
               error_set(error, ERROR_USAGE, "--user: there is no user '%s'", name);
    if (become(who, sudo_caller()) || become(who, owner_of(folder)) ||
        become(who, getpwnam("nobody")))
        return true;
    return error_set(error, ERROR_INPUT, "there is no user 'nobody': name one with --user");
}

/* ---- the steps ---- */

static void tell(char *told, size_t size, const char *what)
{
    size_t length = strlen(told);
    snprintf(told + length, size - length, "%s%s", length ? ", " : "", what);
}

static bool drop_user(const struct unprivileged *who, char *told, size_t size, struct error *error)
{
    char text[96];
    capng_clear(CAPNG_SELECT_BOTH);
    if (geteuid() == 0) {
        if (capng_change_id((int)who->uid, (int)who->gid,
                            CAPNG_DROP_SUPP_GRP | CAPNG_CLEAR_BOUNDING) != 0)
            return error_set(error, ERROR_INPUT, "cannot become user %s: %s", who->name,
                             strerror(errno));
    } else if (capng_apply(CAPNG_SELECT_CAPS) != 0) {
        return error_set(error, ERROR_INPUT, "cannot give up capabilities: %s", strerror(errno));
    }
    snprintf(text, sizeof text, "user %s, no capabilities", who->name);
    tell(told, size, text);
    return true;
}

static bool forbid_new_privileges(char *told, size_t size, struct error *error)
{
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
        return error_set(error, ERROR_INPUT, "cannot set no-new-privs: %s", strerror(errno));
    tell(told, size, "no new privileges");
    return true;
}

/* Every right of the file system that the running kernel knows: ABI 1 has 13, ABI 2 (moving between
 * folders) one more, ABI 3 (truncating) another. */
static uint64_t rights_known(long abi)
{
    return abi >= 3   ? (UINT64_C(1) << 15) - 1
           : abi == 2 ? (UINT64_C(1) << 14) - 1
                      : (UINT64_C(1) << 13) - 1;
}

/* What is done with files: no folders, links, devices or sockets are ever made. */
static uint64_t rights_needed(uint64_t known)
{
    return known & (LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR |
                    LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_MAKE_REG |
                    LANDLOCK_ACCESS_FS_REMOVE_FILE | UINT64_C(1) << 14 /* truncate */);
}

static bool leave_folder(int rules, const char *folder, uint64_t rights)
{
    struct landlock_path_beneath_attr beneath = {
        .allowed_access = rights,
        .parent_fd = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC),
    };
    bool done = beneath.parent_fd >= 0 &&
                syscall(SYS_landlock_add_rule, rules, LANDLOCK_RULE_PATH_BENEATH, &beneath, 0) == 0;
    if (beneath.parent_fd >= 0)
        close(beneath.parent_fd);
    return done;
}

static bool restrict_files(const char *const *folders, char *told, size_t size, struct error *error)
{
    long abi = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
    if (abi < 1) {
        tell(told, size, "no Landlock (this kernel has none)");
        return true;
    }
    uint64_t rights = rights_known(abi);
    struct landlock_ruleset_attr attributes = {.handled_access_fs = rights};
    int rules = (int)syscall(SYS_landlock_create_ruleset, &attributes, sizeof attributes, 0);
    bool done = rules >= 0;
    for (const char *const *folder = folders; done && *folder; folder++)
        done = leave_folder(rules, *folder, rights_needed(rights));
    done = done && syscall(SYS_landlock_restrict_self, rules, 0) == 0;
    int reason = errno;
    if (rules >= 0)
        close(rules);
    if (!done)
        return error_set(error, ERROR_INPUT, "cannot shut the file system: %s", strerror(reason));
    tell(told, size,
         folders[0] && folders[1] ? "files of its folders alone" : "files of its folder alone");
    return true;
}

/* What reading packets from open rings, SQLite in its folder, memory and time take. */
static const char *const calls[] = {
    "read",
    "write",
    "readv",
    "writev",
    "pread64",
    "pwrite64",
    "pwritev",
    "lseek",
    "close",
    "openat",
    "open",
    "fstat",
    "stat",
    "lstat",
    "newfstatat",
    "statx",
    "access",
    "faccessat",
    "faccessat2",
    "readlink",
    "readlinkat",
    "getcwd",
    "unlink",
    "unlinkat",
    "rename",
    "renameat",
    "renameat2",
    "ftruncate",
    "fallocate",
    "fsync",
    "fdatasync",
    "fchmod",
    "fcntl",
    "flock",
    "mmap",
    "munmap",
    "mremap",
    "mprotect",
    "madvise",
    "brk",
    "poll",
    "ppoll",
    "select",
    "pselect6",
    "getsockopt",
    "recvfrom",
    "recvmsg",
    "ioctl",
    "futex",
    "clock_gettime",
    "clock_nanosleep",
    "nanosleep",
    "gettimeofday",
    "time",
    "getpid",
    "gettid",
    "getuid",
    "geteuid",
    "getgid",
    "getegid",
    "getrandom",
    "rt_sigaction",
    "rt_sigprocmask",
    "rt_sigreturn",
    "sigaltstack",
    "restart_syscall",
    "tgkill",
    "exit",
    "exit_group",
    "sysinfo",
    "uname",
    "getrusage",
    "prlimit64",
    "sched_yield",
    "sched_getaffinity",
    "getdents64",
    "fadvise64",
    "umask",
    "rseq",
    "set_robust_list",
    "fstatfs",
    "statfs",
    "sendto",
    "sendmsg",
    "dup",
};

/* What taking connections takes beside that; no new socket can be made. Options are set of TCP
 * alone (that a small answer is sent at once). */
static const char *const calls_of_servers[] = {
    "accept", "accept4", "epoll_wait", "epoll_pwait", "epoll_ctl", "shutdown",
};

static bool allow(scmp_filter_ctx filter, const char *const *names, size_t n)
{
    bool done = true;
    for (size_t i = 0; done && i < n; i++) {
        int number = seccomp_syscall_resolve_name(names[i]);
        if (number != __NR_SCMP_ERROR) /* not on this architecture */
            done = seccomp_rule_add(filter, SCMP_ACT_ALLOW, number, 0) == 0;
    }
    return done;
}

static bool allow_serving(scmp_filter_ctx filter)
{
    return allow(filter, calls_of_servers, sizeof calls_of_servers / sizeof *calls_of_servers) &&
           seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(setsockopt), 1,
                            SCMP_A1(SCMP_CMP_EQ, IPPROTO_TCP)) == 0;
}

/* A thread, never a process. The flags of clone3() lie where no filter can look: without it the C
 * library goes on with clone(). */
static bool allow_threads(scmp_filter_ctx filter)
{
    const scmp_datum_t thread = CLONE_THREAD | CLONE_VM | CLONE_SIGHAND;
    return seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0) == 0 &&
           seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(clone), 1,
                            FLAGS_OF_CLONE(SCMP_CMP_MASKED_EQ, thread, thread)) == 0;
}

static bool restrict_calls(const struct privileges_left *left, char *told, size_t size,
                           struct error *error)
{
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ERRNO(EPERM));
    bool done = filter != NULL && allow(filter, calls, sizeof calls / sizeof *calls) &&
                (!left->serves || allow_serving(filter)) &&
                (!left->threads || allow_threads(filter));
    int status = done ? seccomp_load(filter) : -ENOMEM;
    seccomp_release(filter);
    if (status == -EINVAL || status == -ENOSYS) {
        tell(told, size, "no seccomp (this kernel has none)");
        return true;
    }
    if (status != 0)
        return error_set(error, ERROR_INPUT, "cannot limit system calls: %s", strerror(-status));
    tell(told, size, "few system calls");
    return true;
}

bool privileges_drop(const struct unprivileged *who, const struct privileges_left *left, char *told,
                     size_t size, struct error *error)
{
    *told = '\0';
    return drop_user(who, told, size, error) && forbid_new_privileges(told, size, error) &&
           restrict_files(left->folders, told, size, error) &&
           restrict_calls(left, told, size, error);
}
