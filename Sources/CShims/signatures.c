#define _GNU_SOURCE
#include "signatures.h"

#include <sys/stat.h>

int lz_mark(const char *path, struct lz_file_mark *mark) {
    struct stat facts;
    if (stat(path, &facts) != 0) return -1;
    mark->device = facts.st_dev;
    mark->inode = facts.st_ino;
    mark->size = facts.st_size;
    mark->modified = (int64_t)facts.st_mtim.tv_sec * 1000000000 + facts.st_mtim.tv_nsec;
    return 0;
}
