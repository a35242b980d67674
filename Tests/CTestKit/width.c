#include "width.h"

#include <stdlib.h>

static const char variable[] = "SWT_EXPERIMENTAL_MAXIMUM_PARALLELIZATION_WIDTH";

// The testing library reads the width once, before any test or trait runs, and would run all tests at once by default.
// Most tests wait for programs and servers, so six at a time keep two cores busy without starving one another.
__attribute__((constructor)) static void set_width(void) { setenv(variable, "6", 0); }

const char *test_width(void) { return getenv(variable); }
