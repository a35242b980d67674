#pragma once
#include <zlib.h>

// A macro of zlib's, which Swift does not see.
static inline int czlib_inflate_init(z_stream *stream) { return inflateInit(stream); }
