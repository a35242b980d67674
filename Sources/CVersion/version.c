#include "version.h"

const char *lz_commit(void) { return LAZARET_COMMIT; }
