// What a child of the scanner gives up, in calls that Swift's Glibc does not show. All return 0, or -1 and errno, unless
// they say otherwise.
#pragma once
#include <stddef.h>
#include <sys/types.h>

// The user of this name; -1 where there is none.
int lz_user(const char *name, uid_t *user, gid_t *group);

// Network and IPC namespaces of the process's own; `with_user` puts them into a user namespace of its own as well, which is
// how a process without privileges gets them.
int lz_own_namespaces(int with_user);

// Becomes another user: no supplementary groups, all three user and group ids. Privileges are kept at hand until
// `lz_drop_capabilities`.
int lz_become(uid_t user, gid_t group);

// Whether the process can become root again: 0 where it cannot, -1 and EPERM where it could (and then has).
int lz_stay_without_root(void);

// Makes the working directory the root of all paths.
int lz_root_here(void);

// Empties the bounding set; -1 where one capability stays.
int lz_empty_bounding_set(void);

// Gives up all capabilities, ambient and inheritable ones too.
int lz_drop_capabilities(void);

int lz_no_new_privileges(void);

// No core dumps of this process, and no tracing of it but by root.
int lz_not_dumpable(void);

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

// Lowers a limit of this process for good, to `limit` or, where it is lower already, not at all.
int lz_lower_limit(enum lz_resource resource, unsigned long long limit);

// The processor time, in seconds since the process began, at which the kernel kills it; it may be moved.
int lz_limit_processor(long long seconds);

// Processor time that this process has used, in whole seconds, rounded up.
long long lz_seconds_used(void);

// Processor time that another process has used, in nanoseconds; -1 where that cannot be told.
long long lz_nanoseconds_used(pid_t process);

// The version of landlock's interface that the kernel has; -1 and errno where it has none.
int lz_landlock_version(void);

// Shuts the process out of the whole file system but `folder`, in which it may read, write, make and remove files and
// folders; and, as far as `version` reaches, out of TCP, abstract sockets and signals to processes beyond its own domain.
int lz_landlock(const char *folder, int version);

// Bytes that a folder with all that is in it takes, 16 KiB more for each file and folder, following no symbolic link; the
// count ends beyond `bound`. What vanishes meanwhile is left out; what may not be looked into, or lies too deep, is beyond
// any bound.
long long lz_tree_bytes(const char *path, long long bound);

// Bytes that files take which a process has open, which have no name any more, and which lie on the disk of `folder`. The
// largest one that it may only read is left out: it is the object. 0 where this process has no right to look.
long long lz_unnamed_bytes(pid_t process, const char *folder);

// tzset(3), and one conversion, so that the zone's file is read.
void lz_load_time_zone(void);

// Opens iconv(3)'s conversion between two encodings for as long as the process lives; -1 where it has none.
int lz_load_encoding(const char *to, const char *from);
