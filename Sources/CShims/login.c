#define _GNU_SOURCE
#include "login.h"

#include <pwd.h>
#include <stdio.h>
#include <unistd.h>

void lz_login_name(char *buffer, size_t capacity) {
    if (getlogin_r(buffer, capacity) == 0 && buffer[0] != '\0') return;
    char memory[16384];
    struct passwd entry, *found = NULL;
    if (getpwuid_r(getuid(), &entry, memory, sizeof memory, &found) == 0 && found != NULL)
        snprintf(buffer, capacity, "%s", found->pw_name);
    else
        snprintf(buffer, capacity, "uid %lu", (unsigned long)getuid());
}
