// System calls for the sandbox of a scanner child that Swift's Glibc does not expose. Unless documented otherwise, all
// return 0, or -1 and set errno.
#pragma once
#include <stddef.h>
#include <sys/types.h>

// Looks a user up by name. Returns -1 if there is none.
int lz_user(const char *name, uid_t *user, gid_t *group);

// Moves the process to new network and IPC namespaces. `with_user` creates a user namespace as well, which a process
// without privileges needs.
int lz_unshare_namespaces(int with_user);

// Changes all three user and group ids, and clears the supplementary groups. Permitted capabilities are kept until
// `lz_drop_capabilities`.
int lz_change_user(uid_t user, gid_t group);

// Checks that the process cannot become root again: 0 if it cannot, -1 and EPERM if it could (and then has).
int lz_check_root_is_lost(void);

// Makes the working directory the root directory.
int lz_chroot_here(void);

// Clears the bounding set. Returns -1 if a capability remains.
int lz_clear_bounding_set(void);

// Drops all capabilities, including ambient and inheritable ones.
int lz_drop_capabilities(void);

int lz_no_new_privileges(void);

// Disables core dumps of this process, and tracing except by root.
int lz_set_dumpable(int is_dumpable);

enum lz_resource {
    LZ_ADDRESS_SPACE,
    LZ_FILE_SIZE,
    LZ_DESCRIPTORS,
    LZ_PROCESSES,
    LZ_CORE_SIZE,
    LZ_LOCKED_MEMORY,
    LZ_MESSAGE_QUEUES,
    LZ_REALTIME_PRIORITY,
};

// Lowers a resource limit of this process permanently to `limit`, if it is not already lower.
int lz_lower_limit(enum lz_resource resource, unsigned long long limit);

// Sets the processor time, in seconds since the process started, at which the kernel kills it. It may be set again.
int lz_limit_processor(long long seconds);

// Returns the processor time of this process in whole seconds, rounded up.
long long lz_seconds_used(void);

// Returns the processor time of another process in nanoseconds, or -1 if it is unknown.
long long lz_nanoseconds_used(pid_t process);

// Returns the kernel's Landlock ABI version, or -1 and sets errno if it has none.
int lz_landlock_version(void);

// Denies the process the file system outside `folder`, in which it may read, write, create and remove files and
// folders. As far as `version` supports it, also denies TCP, abstract sockets and signals to processes outside its own
// domain.
int lz_landlock(const char *folder, int version);

// Returns the bytes that a folder's content occupies, plus 16 KiB per file and folder. Symbolic links are not followed,
// and the count stops above `limit`. Entries that vanish meanwhile are left out. An unreadable or too deep folder
// counts as more than `limit`.
long long lz_tree_bytes(const char *path, long long limit);

// Returns the bytes of deleted files that a process has open on the disk of `folder`. The largest one that is open for
// reading only is left out: it is the object. Returns 0 without the right to inspect the process.
long long lz_unnamed_bytes(pid_t process, const char *folder);

// Loads the time zone's file by tzset(3) and one conversion.
void lz_load_time_zone(void);

// Opens an iconv(3) conversion that stays open as long as the process lives. Returns -1 if there is none.
int lz_load_encoding(const char *to, const char *from);
