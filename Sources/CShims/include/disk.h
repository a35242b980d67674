// Free space of a file system. Swift's Glibc cannot call statvfs(3), since a structure has the same name.
#pragma once
#include <stdint.h>

// Sets the bytes of the file system of `path`: those that an unprivileged user can still write, and all. Returns 0, or
// -1 and sets errno.
int lz_disk_space(const char *path, int64_t *free, int64_t *total);

// Returns 1 if an unprivileged user can write fewer than `least` bytes in a folder, or create no further file. A
// negative `least` means the process's file size limit. Returns 0 if the file system does not report its space.
// Makes only the system calls openat, fstatfs, prlimit64 and close.
int lz_is_full(const char *folder, int64_t least);
