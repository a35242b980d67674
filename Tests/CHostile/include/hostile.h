// What the tests' hostile child does and Swift cannot write. No shipped program has any of it.
#pragma once
#include <stddef.h>
#include <sys/syscall.h>
#include <sys/types.h>

// A system call as it is, past the C library: what it gives, or -errno.
long hostile_call(long number, long a, long b, long c, long d, long e, long f);

// Sends one packet with `count` descriptors attached, or with none; bytes sent, or -errno.
long hostile_send(int socket, const void *bytes, size_t length, const int *descriptors, size_t count);

// Waits until a packet stands at the socket, and leaves it there; its first byte, 0 at the end of the socket, or -errno.
long hostile_await(int socket);
