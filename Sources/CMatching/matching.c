#define _GNU_SOURCE
#include "matching.h"
#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>

// A bit for each hash, and an open-addressed table of the fragments. A slot of 0 is empty: the fragment of eight zero
// bytes is in no filter.
static struct {
    uint64_t *bits;
    uint64_t *slots;
    uint64_t slot_mask;
    int bit_shift;
} filter;

static int is_searching, is_found;
// Of the buffers since lz_filter_begin(): where the last one ended, and the most bytes that two of them shared.
static uint32_t last_end, overlap;

static uint64_t hash(uint64_t fragment) { return fragment * 0x9E3779B97F4A7C15ull; }

static uint8_t lower(uint8_t byte) { return byte + ((uint8_t)(byte - 'A') < 26) * 32; }

static uint64_t load(const uint8_t *bytes) {
    uint64_t word;
    memcpy(&word, bytes, sizeof word);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    word = __builtin_bswap64(word);
#endif
    return word;
}

int lz_filter_build(const uint64_t *fragments, size_t count) {
    // 64 bits for each fragment, at most 4 MiB; four slots for each.
    int log = 16;
    while (log < 25 && (1ull << log) < (uint64_t)count * 64) log++;
    uint64_t slots = 16;
    while (slots < (uint64_t)count * 4) slots <<= 1;
    filter.bits = calloc((size_t)1 << (log - 6), sizeof *filter.bits);
    filter.slots = calloc(slots, sizeof *filter.slots);
    if (!filter.bits || !filter.slots) return -1;
    filter.bit_shift = 64 - log;
    filter.slot_mask = slots - 1;
    for (size_t i = 0; i < count; i++) {
        if (fragments[i] == 0) return -1;
        uint64_t mixed = hash(fragments[i]), slot = (mixed >> 20) & filter.slot_mask, bit = mixed >> filter.bit_shift;
        while (filter.slots[slot] && filter.slots[slot] != fragments[i]) slot = (slot + 1) & filter.slot_mask;
        filter.slots[slot] = fragments[i];
        filter.bits[bit >> 6] |= 1ull << (bit & 63);
    }
    return 0;
}

static int has(uint64_t fragment, uint64_t mixed) {
    for (uint64_t slot = (mixed >> 20) & filter.slot_mask; filter.slots[slot];
         slot = (slot + 1) & filter.slot_mask)
        if (filter.slots[slot] == fragment) return 1;
    return 0;
}

int lz_filter_matches(const uint8_t *bytes, size_t count) {
    enum { BLOCK = 4096, OVERLAP = LZ_FRAGMENT_LENGTH - 1 };
    uint8_t block[BLOCK + OVERLAP];
    if (!filter.bits) return 0;
    for (size_t start = 0; start + LZ_FRAGMENT_LENGTH <= count; start += BLOCK) {
        size_t length = count - start < sizeof block ? count - start : sizeof block;
        for (size_t i = 0; i < length; i++) block[i] = lower(bytes[start + i]);
        for (size_t i = 0; i + LZ_FRAGMENT_LENGTH <= length; i++) {
            uint64_t fragment = load(block + i), mixed = hash(fragment), bit = mixed >> filter.bit_shift;
            if (__builtin_expect(filter.bits[bit >> 6] >> (bit & 63) & 1, 0) && has(fragment, mixed)) return 1;
        }
    }
    return 0;
}

void lz_filter_begin(void) { is_searching = 1, is_found = 0, last_end = 0, overlap = 0; }

uint32_t lz_filter_overlap(void) { return overlap; }

int lz_filter_end(void) {
    is_searching = 0;
    return is_found;
}

// libclamav's own function of this name matches a buffer. Debian's library calls it through its procedure linkage
// table, so that the program's definition comes first; where a library does not, the scanner's canary is not found.
// Three arguments matter here: the buffer, its length and, as the eighth, its offset in the file, both in 32 bits. The
// others are passed on as they are.
typedef uintptr_t word;
typedef word matcher(const uint8_t *, word, word, word, word, word, word, word, word, word, word, word);

__attribute__((visibility("default"))) matcher cli_ac_scanbuff;

word cli_ac_scanbuff(const uint8_t *buffer, word length, word a, word b, word c, word d, word e, word f, word g, word h,
                     word i, word j) {
    static matcher *next;
    if (!next) next = (matcher *)dlsym(RTLD_NEXT, "cli_ac_scanbuff");
    if (!next) abort();
    if (is_searching && buffer) {
        uint32_t start = (uint32_t)f;
        // The same buffer comes more than once, for each kind of target.
        if (start > 0 && start < last_end && last_end < start + (uint32_t)length && last_end - start > overlap)
            overlap = last_end - start;
        last_end = start + (uint32_t)length;
        if (!is_found) is_found = lz_filter_matches(buffer, (uint32_t)length);
    }
    return next(buffer, length, a, b, c, d, e, f, g, h, i, j);
}

static uint32_t counter(const uint8_t *bytes) {
    uint32_t four = (uint32_t)bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 | (uint32_t)bytes[3] << 24;
    return four * 0x9E3779B1u >> 8;
}

void lz_rarity_learn(uint8_t *table, const uint8_t *bytes, size_t count) {
    for (size_t i = 0; i + 4 <= count; i += 3) {
        uint8_t four[4] = {lower(bytes[i]), lower(bytes[i + 1]), lower(bytes[i + 2]), lower(bytes[i + 3])};
        uint32_t at = counter(four);
        table[at] += table[at] < 255;
    }
}

uint8_t lz_rarity(const uint8_t *table, const uint8_t *bytes) { return table[counter(bytes)]; }
