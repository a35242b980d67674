// How full a file system is. Swift's Glibc has a structure and a function of one name for it.
#pragma once
#include <stdint.h>

// Bytes of the file system that `path` is on: what an unprivileged user can still write, and all there are. 0, or -1 and
// errno.
int lz_disk_space(const char *path, int64_t *free, int64_t *total);

// Whether an unprivileged user could write hardly anything more below a folder: less than `least` bytes (below zero: than the
// largest file that this process may have), or no further file. 0 where the file system does not tell. Takes no calls but openat,
// fstatfs, prlimit64 and close.
int lz_is_full(const char *folder, int64_t least);
