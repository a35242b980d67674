#define _GNU_SOURCE
#include "disk.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/statfs.h>
#include <sys/statvfs.h>
#include <unistd.h>

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

int lz_is_full(const char *folder, int64_t least) {
    int fd = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) return 0;
    struct statfs facts;
    int result = fstatfs(fd, &facts);
    close(fd);
    if (result != 0 || facts.f_blocks == 0) return 0;
    int64_t space = (int64_t)facts.f_bavail * (int64_t)facts.f_bsize;
    if (least < 0) {
        struct rlimit limit;
        if (getrlimit(RLIMIT_FSIZE, &limit) != 0) return 0;
        least = limit.rlim_cur > INT64_MAX ? INT64_MAX : (int64_t)limit.rlim_cur;
    }
    if (space < least) return 1;
    return facts.f_files > 0 && facts.f_ffree == 0;
}
