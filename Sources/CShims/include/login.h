// Who started this process.
#pragma once
#include <stddef.h>

// Writes the name of the login that this process belongs to; where it belongs to none (a service, a container), that of its
// user; where that has none either, `uid 1000`. Ended by a NUL, and cut to fit.
void lz_login_name(char *room, size_t capacity);
