#pragma once
#include <zlib.h>

// Wrap macros, which Swift cannot call.
static inline int czlib_inflate_init(z_stream *stream) { return inflateInit(stream); }
static inline int czlib_raw_inflate_init(z_stream *stream) { return inflateInit2(stream, -MAX_WBITS); }
