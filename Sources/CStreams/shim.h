#pragma once
#include <bzlib.h>
#include <lzma.h>
#include <stdint.h>
#include <stdlib.h>
#include <zlib.h>
#include <zstd.h>
#include <zstd_errors.h>

// One interface to the decoders of zlib, libbz2, liblzma and libzstd: each decodes one stream, and has written what it
// decoded before it reports damage.

typedef enum {
    CSTREAM_GZIP, CSTREAM_BZIP2, CSTREAM_XZ, CSTREAM_LZMA, CSTREAM_LZIP, CSTREAM_ZSTD
} cstream_kind;

typedef enum {
    CSTREAM_MORE, CSTREAM_END, CSTREAM_DAMAGED, CSTREAM_UNSUPPORTED, CSTREAM_MEMORY
} cstream_result;

typedef struct cstream {
    cstream_kind kind;
    z_stream zlib;
    bz_stream bzip2;
    lzma_stream lzma;
    ZSTD_DStream *zstd;
    size_t wanted; // by Zstandard: the bytes of its next step
} cstream;

static inline void cstream_close(cstream *stream) {
    if (!stream) return;
    if (stream->zlib.state) inflateEnd(&stream->zlib);
    if (stream->bzip2.state) BZ2_bzDecompressEnd(&stream->bzip2);
    lzma_end(&stream->lzma);
    ZSTD_freeDStream(stream->zstd);
    free(stream);
}

// Makes the decoder ready for another stream. `memory` is the most that liblzma may allocate, in bytes. Returns 0 if it
// failed.
static inline int cstream_start(cstream *stream, uint64_t memory) {
    stream->wanted = 5;
    switch (stream->kind) {
    case CSTREAM_GZIP:
        if (stream->zlib.state) return inflateReset(&stream->zlib) == Z_OK;
        return inflateInit2(&stream->zlib, 15 + 16) == Z_OK;
    case CSTREAM_BZIP2:
        if (stream->bzip2.state) BZ2_bzDecompressEnd(&stream->bzip2);
        return BZ2_bzDecompressInit(&stream->bzip2, 0, 0) == BZ_OK;
    case CSTREAM_XZ: return lzma_stream_decoder(&stream->lzma, memory, LZMA_TELL_UNSUPPORTED_CHECK) == LZMA_OK;
    case CSTREAM_LZMA: return lzma_alone_decoder(&stream->lzma, memory) == LZMA_OK;
    case CSTREAM_LZIP: return lzma_lzip_decoder(&stream->lzma, memory, 0) == LZMA_OK;
    case CSTREAM_ZSTD:
        if (!stream->zstd) stream->zstd = ZSTD_createDStream();
        return stream->zstd && !ZSTD_isError(ZSTD_initDStream(stream->zstd));
    }
    return 0;
}

// Makes a decoder of CSTREAM_LZMA ready for LZMA data without a header: `properties` are its 5 bytes of properties, and
// `is_program` says whether the addresses of x86 code in it were changed. Returns 0 if it failed.
static inline int cstream_start_raw(cstream *stream, const uint8_t *properties, int is_program, uint64_t memory) {
    lzma_filter lzma = {LZMA_FILTER_LZMA1, NULL};
    if (lzma_properties_decode(&lzma, NULL, properties, 5) != LZMA_OK) return 0;
    lzma_filter filters[3] = {{LZMA_FILTER_X86, NULL}, lzma, {LZMA_VLI_UNKNOWN, NULL}};
    const lzma_filter *first = is_program ? filters : filters + 1;
    int works = lzma_raw_decoder_memusage(first) <= memory && lzma_raw_decoder(&stream->lzma, first) == LZMA_OK;
    free(lzma.options);
    return works;
}

// A decoder that `cstream_start` has to make ready; NULL if there is no memory.
static inline cstream *cstream_open(cstream_kind kind) {
    cstream *stream = (cstream *)calloc(1, sizeof *stream);
    if (!stream) return NULL;
    stream->kind = kind;
    stream->lzma = (lzma_stream)LZMA_STREAM_INIT;
    return stream;
}

static inline cstream_result cstream_lzma_result(lzma_ret code) {
    switch (code) {
    case LZMA_OK: case LZMA_BUF_ERROR: return CSTREAM_MORE;
    case LZMA_STREAM_END: return CSTREAM_END;
    case LZMA_OPTIONS_ERROR: case LZMA_UNSUPPORTED_CHECK: return CSTREAM_UNSUPPORTED;
    case LZMA_MEM_ERROR: case LZMA_MEMLIMIT_ERROR: return CSTREAM_MEMORY;
    default: return CSTREAM_DAMAGED;
    }
}

// Decodes from `in` to `out`. The lengths say how much there is; afterwards, how much was used.
static inline cstream_result cstream_decode(
    cstream *stream, const uint8_t *in, size_t *in_length, uint8_t *out, size_t *out_length) {
    size_t given = *in_length, room = *out_length;
    switch (stream->kind) {
    case CSTREAM_GZIP: {
        z_stream *z = &stream->zlib;
        z->next_in = (Bytef *)in;
        z->avail_in = (uInt)given;
        z->next_out = out;
        z->avail_out = (uInt)room;
        int code = inflate(z, Z_NO_FLUSH);
        *in_length = given - z->avail_in;
        *out_length = room - z->avail_out;
        if (code == Z_STREAM_END) return CSTREAM_END;
        if (code == Z_MEM_ERROR) return CSTREAM_MEMORY;
        return code == Z_OK || code == Z_BUF_ERROR ? CSTREAM_MORE : CSTREAM_DAMAGED;
    }
    case CSTREAM_BZIP2: {
        bz_stream *b = &stream->bzip2;
        b->next_in = (char *)in;
        b->avail_in = (unsigned)given;
        b->next_out = (char *)out;
        b->avail_out = (unsigned)room;
        int code = BZ2_bzDecompress(b);
        *in_length = given - b->avail_in;
        *out_length = room - b->avail_out;
        if (code == BZ_STREAM_END) return CSTREAM_END;
        if (code == BZ_MEM_ERROR) return CSTREAM_MEMORY;
        return code == BZ_OK ? CSTREAM_MORE : CSTREAM_DAMAGED;
    }
    case CSTREAM_ZSTD: {
        // One step at a time: a call that ends in an error returns nothing of the steps before.
        if (given > stream->wanted) given = stream->wanted;
        ZSTD_inBuffer input = {in, given, 0};
        ZSTD_outBuffer output = {out, room, 0};
        size_t code = ZSTD_decompressStream(stream->zstd, &output, &input);
        *in_length = input.pos;
        *out_length = output.pos;
        if (code == 0) return CSTREAM_END;
        if (!ZSTD_isError(code)) {
            stream->wanted = code;
            return CSTREAM_MORE;
        }
        switch (ZSTD_getErrorCode(code)) {
        case ZSTD_error_frameParameter_windowTooLarge: case ZSTD_error_frameParameter_unsupported:
        case ZSTD_error_dictionary_wrong: return CSTREAM_UNSUPPORTED;
        case ZSTD_error_memory_allocation: return CSTREAM_MEMORY;
        default: return CSTREAM_DAMAGED;
        }
    }
    default: {
        lzma_stream *l = &stream->lzma;
        l->next_in = in;
        l->avail_in = given;
        l->next_out = out;
        l->avail_out = room;
        lzma_ret code = lzma_code(l, LZMA_RUN);
        *in_length = given - l->avail_in;
        *out_length = room - l->avail_out;
        return cstream_lzma_result(code);
    }
    }
}
