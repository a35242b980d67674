// What the worker and the scanner need to start, watch and clean up after processes, and Swift's Glibc does not show.
#pragma once

// posix_spawn_file_actions_addclosefrom_np(3) on a `posix_spawn_file_actions_t`: the new process has no descriptor from
// `first` on. Returns 0 or an errno.
int lz_spawn_close_from(void *actions, int first);

// A pipe whose two ends are closed on exec and never block; -1 and errno on failure.
int lz_pipe(int ends[2]);

// Blocks SIGCHLD and returns a descriptor that becomes readable when a child ends; -1 and errno on failure.
int lz_child_events(void);

// Deletes a file or a folder with all that is in it, following no symbolic link; -1 and errno where something stayed. The
// working directory changes meanwhile.
int lz_remove_tree(const char *path);

// When a file was last written, in seconds since 1970; 0 where that cannot be told.
long long lz_modified(const char *path);
