// What tells one state of a signature file from another.
#pragma once
#include <stdint.h>

struct lz_file_mark {
    uint64_t device;
    uint64_t inode;
    int64_t size;
    // Last written, in nanoseconds since 1970.
    int64_t modified;
};

// Fills `mark` for what `path` leads to, symbolic links followed; -1 and errno on failure.
int lz_mark(const char *path, struct lz_file_mark *mark);
