// The filter in front of libclamav's patterns. It sees each buffer that libclamav matches, in every shape that
// libclamav makes of a file: as it is, unpacked, decoded, normalised.
#pragma once
#include <stddef.h>
#include <stdint.h>

// Fragments have this many bytes, letters A to Z in lower case, the first byte lowest.
enum { LZ_FRAGMENT_LENGTH = 8 };

// Builds the filter. Returns -1 if memory is short. There is one in a process; it is built once, before children are
// forked.
int lz_filter_build(const uint64_t *fragments, size_t count);

// From now on each buffer is searched for the fragments, until lz_filter_end().
void lz_filter_begin(void);

// Ends the search. Returns 1 if a fragment stood in a buffer.
int lz_filter_end(void);

// Returns by how many bytes the buffers of a file overlapped at most, since lz_filter_begin().
uint32_t lz_filter_overlap(void);

// Returns 1 if a fragment stands in the bytes.
int lz_filter_matches(const uint8_t *bytes, size_t count);

// Counts how often sequences of four bytes occur in samples, letters in lower case. A table has this many counters,
// which stop at 255.
enum { LZ_RARITY_COUNTERS = 1 << 24 };

// Counts every third sequence of `bytes`.
void lz_rarity_learn(uint8_t *table, const uint8_t *bytes, size_t count);

// Returns the count of the four bytes, which are in lower case.
uint8_t lz_rarity(const uint8_t *table, const uint8_t *bytes);
