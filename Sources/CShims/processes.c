#define _GNU_SOURCE
#include "processes.h"

#include <fcntl.h>
#include <fts.h>
#include <signal.h>
#include <spawn.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <unistd.h>

int lz_spawn_close_from(void *actions, int first) {
    return posix_spawn_file_actions_addclosefrom_np(actions, first);
}

int lz_pipe(int ends[2]) { return pipe2(ends, O_CLOEXEC | O_NONBLOCK); }

int lz_child_events(void) {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGCHLD);
    if (sigprocmask(SIG_BLOCK, &set, NULL) != 0) return -1;
    return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

int lz_remove_tree(const char *path) {
    char *const roots[] = {(char *)path, NULL};
    // With FTS changing the working directory, no path becomes too long.
    FTS *walk = fts_open(roots, FTS_PHYSICAL | FTS_XDEV, NULL);
    if (!walk) return -1;
    FTSENT *entry;
    // Errors are ignored. In the end, the top folder shows whether something remains.
    while ((entry = fts_read(walk))) {
        switch (entry->fts_info) {
        case FTS_D:
            chmod(entry->fts_accpath, 0700);  // Its mode may deny access.
            break;
        case FTS_DP: rmdir(entry->fts_accpath); break;
        case FTS_NS:
        case FTS_DNR:
        case FTS_ERR: break;
        default: unlink(entry->fts_accpath);
        }
    }
    fts_close(walk);
    return access(path, F_OK) == 0 ? -1 : 0;
}

long long lz_modified(const char *path) {
    struct stat facts;
    return stat(path, &facts) == 0 ? facts.st_mtim.tv_sec * 1000LL + facts.st_mtim.tv_nsec / 1000000 : 0;
}
