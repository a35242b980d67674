// Calls that Swift cannot make: variadic functions, fork, and ancillary data on a Unix socket.
#pragma once
#include <stddef.h>
#include <sys/types.h>

// fork(2). Only for a process with one thread.
pid_t lz_fork(void);

// Opens an anonymous file in memory, close-on-exec, that can be sealed. Returns -1 and sets errno on failure.
int lz_memfd(const char *name);

// Opens an unnamed file in `directory` (O_TMPFILE), close-on-exec. Returns -1 and sets errno on failure.
int lz_tmpfile(const char *directory);

// Adds SHRINK, GROW, WRITE and SEAL seals, so that the file's bytes and length are fixed. Returns -1 and sets errno on
// failure.
int lz_seal(int fd);

// Sends one packet, with `fd` attached unless it is -1. Never raises SIGPIPE. Returns the bytes sent, or -1 and sets
// errno.
ssize_t lz_send(int socket, const void *bytes, size_t count, int fd);

// Receives one packet of at most `capacity` bytes. `*fd` becomes the attached descriptor (close-on-exec), or -1 without
// one. With more than one, all are closed and the call fails with EBADMSG. A packet longer than `capacity` fails with
// EMSGSIZE. Returns the bytes received, 0 if the peer has closed the socket, or -1 and sets errno.
ssize_t lz_receive(int socket, void *bytes, size_t capacity, int *fd);

// prctl(PR_SET_PDEATHSIG, signal). Returns -1 and sets errno on failure.
int lz_die_with_parent(int signal);
