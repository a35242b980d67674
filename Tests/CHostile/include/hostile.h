// What the tests' hostile child does and Swift cannot express. No shipped program contains it.
#pragma once
#include <stddef.h>
#include <sys/syscall.h>
#include <sys/types.h>

// A raw system call, without the C library. Returns its result, or -errno.
long hostile_call(long number, long a, long b, long c, long d, long e, long f);

// Sends one packet with `count` descriptors attached. Returns the bytes sent, or -errno.
long hostile_send(int socket, const void *bytes, size_t length, const int *descriptors, size_t count);

// Waits until a packet has arrived, without receiving it. Returns its first byte, 0 at the end of the socket, or -errno.
long hostile_await(int socket);
