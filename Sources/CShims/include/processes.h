// Calls for starting, watching and cleaning up after processes that Swift's Glibc does not expose.
#pragma once

// posix_spawn_file_actions_addclosefrom_np(3) on a `posix_spawn_file_actions_t`: the new process gets no descriptor
// from `first` on. Returns 0 or an errno.
int lz_spawn_close_from(void *actions, int first);

// Opens a pipe with close-on-exec, non-blocking ends. Returns 0, or -1 and sets errno.
int lz_pipe(int ends[2]);

// Blocks SIGCHLD and returns a descriptor that becomes readable when a child ends, or -1 and sets errno.
int lz_child_events(void);

// Deletes a file, or a folder with its content, without following symbolic links. Returns -1 and sets errno if
// something remains. The working directory changes meanwhile.
int lz_remove_tree(const char *path);

// Returns when a file was last modified, in milliseconds since 1970, or 0 if that is unknown.
long long lz_modified(const char *path);
