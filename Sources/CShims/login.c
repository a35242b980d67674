#define _GNU_SOURCE
#include "login.h"

#include <pwd.h>
#include <stdio.h>
#include <unistd.h>

void lz_login_name(char *room, size_t capacity) {
    if (getlogin_r(room, capacity) == 0 && room[0] != '\0') return;
    char memory[16384];
    struct passwd entry, *found = NULL;
    if (getpwuid_r(getuid(), &entry, memory, sizeof memory, &found) == 0 && found != NULL)
        snprintf(room, capacity, "%s", found->pw_name);
    else
        snprintf(room, capacity, "uid %lu", (unsigned long)getuid());
}
