#ifndef IMGSET_CODEC_DEFLATE_H
#define IMGSET_CODEC_DEFLATE_H

#include <stddef.h>
#include <stdint.h>

/// The window of deflate (RFC 1951): how far back a match may reach, and so the longest useful dictionary.
#define CODEC_DEFLATE_WINDOW ((size_t)32768)

/// Compresses independent chunks of one deflate stream; one per thread, reused from chunk to chunk.
typedef struct codec_deflater codec_deflater;

/// Levels 1 and 2 are ISA-L's, 3 to 9 zlib's. Returns NULL for another level or when memory is short.
codec_deflater *codec_deflater_create(int level);

void codec_deflater_free(codec_deflater *deflater);

/// The largest result of `codec_deflate_chunk` for `length` bytes.
size_t codec_deflate_bound(size_t length);

/// Compresses one chunk to raw deflate blocks that end on a byte boundary (sync flush) and are none of them final, so
/// that the results of successive chunks can be joined. `dictionary` is what precedes the chunk in the stream, at
/// most the window. Returns the number of bytes written, or -1 when the encoder fails or `capacity` is too small.
ptrdiff_t codec_deflate_chunk(codec_deflater *deflater, const uint8_t *dictionary, size_t dictionary_length,
                              const uint8_t *input, size_t length, uint8_t *output, size_t capacity);

/// CRC-32 as gzip defines it (RFC 1952), continuing from `crc`; starts from 0.
uint32_t codec_crc32(uint32_t crc, const uint8_t *bytes, size_t length);

/// The CRC-32 of two joined pieces, where the second has `second_length` bytes.
uint32_t codec_crc32_combine(uint32_t first, uint32_t second, uint64_t second_length);

#endif
