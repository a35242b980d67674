#ifndef TEST_WIDTH_H
#define TEST_WIDTH_H

/// How many tests the testing library runs at a time, as set before `main`.
const char *test_width(void);

#endif
