// The C lines that Swift cannot write: variadic calls, fork, and ancillary data on a Unix socket.
#pragma once
#include <stddef.h>
#include <sys/types.h>

// fork(2). Only for a process with one thread.
pid_t lz_fork(void);

// An anonymous file in memory that is closed on exec and may be sealed; -1 and errno on failure.
int lz_memfd(const char *name);

// A file without a name in `directory` (O_TMPFILE), closed on exec; -1 and errno on failure.
int lz_tmpfile(const char *directory);

// Adds SHRINK, GROW and WRITE seals, so that nobody can change the file's bytes or length again; -1 and errno on failure.
int lz_seal(int fd);

// accept4(2) with SOCK_CLOEXEC; -1 and errno on failure.
int lz_accept(int listener);

// Sends one packet, with `fd` attached unless it is -1. Never raises SIGPIPE. Returns bytes sent, or -1 and errno.
ssize_t lz_send(int socket, const void *bytes, size_t count, int fd);

// Receives one packet of at most `capacity` bytes. `*fd` becomes the attached descriptor (close-on-exec), or -1 where
// none came; more than one is refused with EBADMSG and all are closed. A packet longer than `capacity` is refused with
// EMSGSIZE. Returns bytes received, 0 when the peer has closed, or -1 and errno.
ssize_t lz_receive(int socket, void *bytes, size_t capacity, int *fd);

// prctl(PR_SET_PDEATHSIG, signal); -1 and errno on failure.
int lz_die_with_parent(int signal);
