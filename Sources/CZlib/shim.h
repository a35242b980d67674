#pragma once
#include <zlib.h>

// Wraps a macro, which Swift cannot call.
static inline int czlib_inflate_init(z_stream *stream) { return inflateInit(stream); }

// As above, for a format by its window: 15 for zlib, -15 for raw Deflate.
static inline int czlib_inflate_init2(z_stream *stream, int window) { return inflateInit2(stream, window); }
