#include "disk.h"

#include <errno.h>
#include <sys/statvfs.h>

int lz_disk_space(const char *path, int64_t *free, int64_t *total) {
    struct statvfs facts;
    int result;
    do result = statvfs(path, &facts);
    while (result != 0 && errno == EINTR);
    if (result != 0) return -1;
    *free = (int64_t)facts.f_bavail * (int64_t)facts.f_frsize;
    *total = (int64_t)facts.f_blocks * (int64_t)facts.f_frsize;
    return 0;
}
