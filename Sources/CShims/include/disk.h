// How full a file system is. Swift's Glibc has a structure and a function of one name for it.
#pragma once
#include <stdint.h>

// Bytes of the file system that `path` is on: what an unprivileged user can still write, and all there are. 0, or -1 and
// errno.
int lz_disk_space(const char *path, int64_t *free, int64_t *total);
