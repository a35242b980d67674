#pragma once
#include <zlib.h>

// Wraps a macro, which Swift cannot call. With -15, the data have no header; with 47, that of zlib or of gzip.
static inline int czlib_inflate_init(z_stream *stream, int windowBits) { return inflateInit2(stream, windowBits); }
