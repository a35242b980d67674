#define _GNU_SOURCE
#include "sandbox.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <grp.h>
#include <iconv.h>
#include <linux/capability.h>
#include <linux/landlock.h>
#include <pwd.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

int lz_user(const char *name, uid_t *user, gid_t *group) {
    char room[4096];
    struct passwd entry, *found = NULL;
    if (getpwnam_r(name, &entry, room, sizeof room, &found) != 0 || !found) return -1;
    *user = found->pw_uid;
    *group = found->pw_gid;
    return 0;
}

int lz_unshare_namespaces(int with_user) {
    int user = with_user ? CLONE_NEWUSER : 0;
    if (unshare(user | CLONE_NEWNET | CLONE_NEWIPC) == 0) return 0;
    // A kernel may be built without IPC namespaces; the network is what matters.
    return errno == EINVAL ? unshare(user | CLONE_NEWNET) : -1;
}

int lz_change_user(uid_t user, gid_t group) {
    if (prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) != 0) return -1;
    return setgroups(0, NULL) == 0 && setresgid(group, group, group) == 0 && setresuid(user, user, user) == 0 ? 0 : -1;
}

int lz_check_root_is_lost(void) {
    if (setresuid(-1, 0, -1) != 0 && setresgid(-1, 0, -1) != 0) return 0;
    errno = EPERM;
    return -1;
}

int lz_chroot_here(void) {
    // After the change of user, the permitted capabilities are no longer effective.
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct sets[_LINUX_CAPABILITY_U32S_3];
    if (syscall(SYS_capget, &header, sets) != 0) return -1;
    sets[0].effective = sets[0].permitted & (1u << CAP_SYS_CHROOT);
    sets[1].effective = 0;
    if (syscall(SYS_capset, &header, sets) != 0) return -1;
    return chroot(".") == 0 && chdir("/") == 0 ? 0 : -1;
}

int lz_clear_bounding_set(void) {
    for (int capability = 0; capability < 64; capability++) {
        int is_in = prctl(PR_CAPBSET_READ, capability, 0, 0, 0);
        if (is_in < 0) break;  // Beyond the last capability of this kernel.
        if (is_in > 0 && prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) != 0) return -1;
    }
    return 0;
}

int lz_drop_capabilities(void) {
    if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) != 0 && errno != EINVAL) return -1;
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = {0};
    if (syscall(SYS_capset, &header, none) != 0 || syscall(SYS_capget, &header, none) != 0) return -1;
    for (int word = 0; word < _LINUX_CAPABILITY_U32S_3; word++) {
        if (none[word].effective | none[word].permitted | none[word].inheritable) {
            errno = EPERM;
            return -1;
        }
    }
    return 0;
}

int lz_no_new_privileges(void) { return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); }

int lz_set_dumpable(int is_dumpable) { return prctl(PR_SET_DUMPABLE, is_dumpable, 0, 0, 0); }

int lz_lower_limit(enum lz_resource resource, unsigned long long limit) {
    static const int numbers[] = {
        [LZ_ADDRESS_SPACE] = RLIMIT_AS,     [LZ_FILE_SIZE] = RLIMIT_FSIZE,
        [LZ_DESCRIPTORS] = RLIMIT_NOFILE,   [LZ_PROCESSES] = RLIMIT_NPROC,
        [LZ_CORE_SIZE] = RLIMIT_CORE,       [LZ_LOCKED_MEMORY] = RLIMIT_MEMLOCK,
        [LZ_MESSAGE_QUEUES] = RLIMIT_MSGQUEUE, [LZ_REALTIME_PRIORITY] = RLIMIT_RTPRIO,
    };
    struct rlimit present;
    if (getrlimit(numbers[resource], &present) != 0) return -1;
    rlim_t lowest = limit < present.rlim_max ? limit : present.rlim_max;
    struct rlimit lowered = {.rlim_cur = lowest, .rlim_max = lowest};
    return setrlimit(numbers[resource], &lowered);
}

int lz_limit_processor(long long seconds) {
    struct rlimit limit;
    if (getrlimit(RLIMIT_CPU, &limit) != 0) return -1;
    limit.rlim_cur = (rlim_t)seconds < limit.rlim_max ? (rlim_t)seconds : limit.rlim_max;
    return setrlimit(RLIMIT_CPU, &limit);
}

long long lz_seconds_used(void) {
    struct timespec used;
    return clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used) == 0 ? used.tv_sec + 1 : 0;
}

long long lz_nanoseconds_used(pid_t process) {
    clockid_t clock;
    struct timespec used;
    if (clock_getcpuclockid(process, &clock) != 0 || clock_gettime(clock, &used) != 0) return -1;
    return used.tv_sec * 1000000000LL + used.tv_nsec;
}

// Landlock's structures, in case the headers are older than the kernel (Linux userspace API, "Landlock: unprivileged
// access control").
struct ruleset {
    uint64_t files;
    uint64_t network;
    uint64_t scopes;
};
enum { ACCESS_TRUNCATE = 1 << 14, ACCESS_IOCTL_DEVICE = 1 << 15, ALL_NETWORK = 3, ALL_SCOPES = 3 };

int lz_landlock_version(void) {
    return (int)syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
}

int lz_landlock(const char *folder, int version) {
    uint64_t all = (1 << 13) - 1;
    if (version >= 2) all |= LANDLOCK_ACCESS_FS_REFER;
    if (version >= 3) all |= ACCESS_TRUNCATE;
    if (version >= 5) all |= ACCESS_IOCTL_DEVICE;
    struct ruleset rules = {.files = all};
    size_t length = sizeof rules.files;
    if (version >= 4) {
        rules.network = ALL_NETWORK;
        length += sizeof rules.network;
    }
    if (version >= 6) {
        rules.scopes = ALL_SCOPES;
        length += sizeof rules.scopes;
    }
    int ruleset = (int)syscall(SYS_landlock_create_ruleset, &rules, length, 0);
    if (ruleset < 0) return -1;

    struct landlock_path_beneath_attr rule = {
        .allowed_access = all & (LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_READ_DIR |
                                 LANDLOCK_ACCESS_FS_REMOVE_FILE | LANDLOCK_ACCESS_FS_REMOVE_DIR | LANDLOCK_ACCESS_FS_MAKE_DIR |
                                 LANDLOCK_ACCESS_FS_MAKE_REG | ACCESS_TRUNCATE),
        .parent_fd = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC),
    };
    int done = -1;
    if (rule.parent_fd >= 0 && syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0) == 0) {
        done = (int)syscall(SYS_landlock_restrict_self, ruleset, 0);
    }
    int reason = errno;
    if (rule.parent_fd >= 0) close(rule.parent_fd);
    close(ruleset);
    errno = reason;
    return done;
}

// Even an empty file needs space in the file system.
enum { BYTES_PER_ENTRY = 16 << 10 };

long long lz_tree_bytes(const char *path, long long limit) {
    char *const roots[] = {(char *)path, NULL};
    FTS *walk = fts_open(roots, FTS_PHYSICAL | FTS_XDEV | FTS_NOCHDIR, NULL);
    if (!walk) return 0;
    long long bytes = 0;
    FTSENT *entry;
    while (bytes <= limit && (entry = fts_read(walk))) {
        switch (entry->fts_info) {
        case FTS_DP: break;
        case FTS_NS:
        case FTS_DNR:
        case FTS_ERR:
            // Deleted meanwhile, or unreadable.
            if (entry->fts_errno == EACCES || entry->fts_errno == ENAMETOOLONG) bytes = limit + 1;
            break;
        default: bytes += (long long)entry->fts_statp->st_blocks * 512 + BYTES_PER_ENTRY;
        }
    }
    fts_close(walk);
    return bytes;
}

long long lz_unnamed_bytes(pid_t process, const char *folder) {
    struct stat disk;
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/fd", (int)process);
    DIR *open_files = stat(folder, &disk) == 0 ? opendir(path) : NULL;
    if (!open_files) return 0;
    long long bytes = 0, object = 0;
    struct dirent *entry;
    while ((entry = readdir(open_files))) {
        // The link's mode says how the file was opened; its target is the file.
        struct stat file, link;
        if (fstatat(dirfd(open_files), entry->d_name, &file, 0) != 0 || !S_ISREG(file.st_mode)) continue;
        if (file.st_nlink != 0 || file.st_dev != disk.st_dev) continue;
        if (fstatat(dirfd(open_files), entry->d_name, &link, AT_SYMLINK_NOFOLLOW) != 0) continue;
        long long size = (long long)file.st_blocks * 512;
        bytes += size;
        if (!(link.st_mode & S_IWUSR) && size > object) object = size;
    }
    closedir(open_files);
    return bytes - object;
}

void lz_load_time_zone(void) {
    time_t now = time(NULL);
    struct tm parts;
    tzset();
    localtime_r(&now, &parts);
}

int lz_load_encoding(const char *to, const char *from) { return iconv_open(to, from) == (iconv_t)-1 ? -1 : 0; }
