// What the worker and the scanner need to start, watch and clean up after processes, and Swift's Glibc does not show.
#pragma once
#include <spawn.h>

// posix_spawn_file_actions_addclosefrom_np(3): the new process has no descriptor from `first` on. Returns 0 or an errno.
int lz_spawn_close_from(posix_spawn_file_actions_t *actions, int first);

// A pipe whose two ends are closed on exec and never block; -1 and errno on failure.
int lz_pipe(int ends[2]);

// Blocks SIGCHLD and returns a descriptor that becomes readable when a child ends; -1 and errno on failure.
int lz_child_events(void);

// Deletes a file or a folder with all that is in it, following no symbolic link; -1 and errno where something stayed.
int lz_remove_tree(const char *path);
