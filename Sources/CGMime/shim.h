#pragma once
#include <gmime/gmime.h>
#include <stdint.h>

/* What Swift cannot write: casts and type checks that are macros, and fields of opaque structures. */

/* A parser of the bytes from start to end of a descriptor, which the caller closes after it. */
static inline GMimeParser *cgmime_parser_new(int descriptor, int64_t start, int64_t end, gboolean is_mbox) {
    GMimeStream *stream = g_mime_stream_fs_new_with_bounds(descriptor, start, end);
    if (stream == NULL) return NULL;
    g_mime_stream_fs_set_owner((GMimeStreamFs *) stream, FALSE);
    GMimeParser *parser = g_mime_parser_new_with_stream(stream);
    g_object_unref(stream);
    g_mime_parser_set_persist_stream(parser, TRUE);
    g_mime_parser_set_format(parser, is_mbox ? GMIME_FORMAT_MBOX : GMIME_FORMAT_MESSAGE);
    return parser;
}

/* Registers the types that GMime makes at their first use, which it does without a lock: readers on several threads
   would race. The letter should have a part of each kind. */
static inline void cgmime_prewarm(const char *letter, size_t length) {
    g_mime_init();
    g_type_ensure(GMIME_TYPE_STREAM_FS);
    GMimeStream *stream = g_mime_stream_mem_new_with_buffer(letter, length);
    GMimeParser *parser = g_mime_parser_new_with_stream(stream);
    g_object_unref(stream);
    GMimeMessage *message = g_mime_parser_construct_message(parser, NULL);
    if (message != NULL) g_object_unref(message);
    g_object_unref(parser);
}

static inline void cgmime_parser_free(GMimeParser *parser) { g_object_unref(parser); }

static inline void cgmime_message_free(GMimeMessage *message) { g_object_unref(message); }

/* The number of parts of a multipart, or -1 for another object. */
static inline int cgmime_part_count(GMimeObject *object) {
    return GMIME_IS_MULTIPART(object) ? g_mime_multipart_get_count((GMimeMultipart *) object) : -1;
}

static inline GMimeObject *cgmime_part(GMimeObject *multipart, int index) {
    return g_mime_multipart_get_part((GMimeMultipart *) multipart, index);
}

/* Whether the object holds a letter; *body is that letter's content, or NULL. */
static inline gboolean cgmime_is_letter(GMimeObject *object, GMimeObject **body) {
    *body = NULL;
    if (!GMIME_IS_MESSAGE_PART(object)) return FALSE;
    GMimeMessage *message = g_mime_message_part_get_message((GMimeMessagePart *) object);
    if (message != NULL) *body = g_mime_message_get_mime_part(message);
    return TRUE;
}

/* Whether the object is one of several parts of a letter. */
static inline gboolean cgmime_is_fragment(GMimeObject *object) {
    return GMIME_IS_MESSAGE_PARTIAL(object) && g_mime_message_partial_get_total((GMimeMessagePartial *) object) != 1;
}

/* Whether the object has bytes of its own; their offsets in the descriptor, and their encoding. */
static inline gboolean cgmime_content(GMimeObject *object, int64_t *start, int64_t *end, int *encoding) {
    if (!GMIME_IS_PART(object)) return FALSE;
    GMimeDataWrapper *wrapper = g_mime_part_get_content((GMimePart *) object);
    if (wrapper == NULL) return FALSE;
    GMimeStream *stream = g_mime_data_wrapper_get_stream(wrapper);
    if (stream == NULL) return FALSE;
    *start = stream->bound_start;
    *end = stream->bound_end;
    *encoding = (int) g_mime_data_wrapper_get_encoding(wrapper);
    return TRUE;
}

/* The file name that the object's fields give, or NULL. It lives as long as the object. */
static inline const char *cgmime_name(GMimeObject *object) {
    return GMIME_IS_PART(object) ? g_mime_part_get_filename((GMimePart *) object) : NULL;
}
