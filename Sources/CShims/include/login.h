// The login name of this process.
#pragma once
#include <stddef.h>

// Writes the login name of the session; without a session (a service, a container), the name of the process's user;
// without that, for instance `uid 1000`. The text ends with a NUL and is truncated to fit.
void lz_login_name(char *buffer, size_t capacity);
