// The identity and state of a signature file, to detect changes.
#pragma once
#include <stdint.h>

struct lz_file_mark {
    uint64_t device;
    uint64_t inode;
    int64_t size;
    // Last modified, in nanoseconds since 1970.
    int64_t modified;
};

// Fills `mark` for the file at `path`, following symbolic links. Returns -1 and sets errno on failure.
int lz_mark(const char *path, struct lz_file_mark *mark);
