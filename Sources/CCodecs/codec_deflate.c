#include "codec_deflate.h"

#include <isa-l.h>
#include <limits.h>
#include <stdlib.h>
#include <zlib.h>

// ISA-L's third level chooses other matches with AVX2, with AVX-512 and without, so its bytes depend on the machine; the
// first two are the same on every processor with SSE 4.2.
#define FIRST_ZLIB_LEVEL 3

struct codec_deflater {
  int level;
  // ISA-L's stream embeds its hash tables (some 300 KiB), so it lives here and not on a thread's stack.
  struct isal_zstream isal;
  uint8_t *level_buffer;
  uint32_t level_buffer_size;
  z_stream zlib;
};

codec_deflater *codec_deflater_create(int level) {
  if (level < 1 || level > 9) return NULL;
  codec_deflater *deflater = calloc(1, sizeof *deflater);
  if (deflater == NULL) return NULL;
  deflater->level = level;
  if (level >= FIRST_ZLIB_LEVEL) {
    if (deflateInit2(&deflater->zlib, level, Z_DEFLATED, -MAX_WBITS, 8, Z_DEFAULT_STRATEGY) != Z_OK) {
      free(deflater);
      return NULL;
    }
    return deflater;
  }
  deflater->level_buffer_size = level == 1 ? ISAL_DEF_LVL1_DEFAULT : ISAL_DEF_LVL2_DEFAULT;
  deflater->level_buffer = calloc(1, deflater->level_buffer_size);
  if (deflater->level_buffer == NULL) {
    free(deflater);
    return NULL;
  }
  return deflater;
}

void codec_deflater_free(codec_deflater *deflater) {
  if (deflater == NULL) return;
  if (deflater->level >= FIRST_ZLIB_LEVEL) deflateEnd(&deflater->zlib);
  free(deflater->level_buffer);
  free(deflater);
}

size_t codec_deflate_bound(size_t length) {
  // Stored blocks cost 5 bytes each; an eighth covers the smallest blocks either encoder makes.
  return length + length / 8 + 1024;
}

static ptrdiff_t isal_chunk(codec_deflater *deflater, const uint8_t *dictionary, size_t dictionary_length,
                            const uint8_t *input, size_t length, uint8_t *output, size_t capacity) {
  struct isal_zstream *stream = &deflater->isal;
  isal_deflate_init(stream);
  stream->level = (uint32_t)deflater->level;
  stream->level_buf = deflater->level_buffer;
  stream->level_buf_size = deflater->level_buffer_size;
  stream->gzip_flag = IGZIP_DEFLATE;
  stream->flush = SYNC_FLUSH;
  stream->end_of_stream = 0;
  if (dictionary_length > 0
      && isal_deflate_set_dict(stream, (uint8_t *)dictionary, (uint32_t)dictionary_length) != COMP_OK) {
    return -1;
  }
  stream->next_in = (uint8_t *)input;
  stream->avail_in = (uint32_t)length;
  stream->next_out = output;
  stream->avail_out = (uint32_t)capacity;
  if (isal_deflate(stream) != COMP_OK || stream->avail_in != 0 || stream->avail_out == 0) return -1;
  return (ptrdiff_t)(capacity - stream->avail_out);
}

static ptrdiff_t zlib_chunk(codec_deflater *deflater, const uint8_t *dictionary, size_t dictionary_length,
                            const uint8_t *input, size_t length, uint8_t *output, size_t capacity) {
  z_stream *stream = &deflater->zlib;
  if (deflateReset(stream) != Z_OK) return -1;
  if (dictionary_length > 0 && deflateSetDictionary(stream, dictionary, (uInt)dictionary_length) != Z_OK) return -1;
  stream->next_in = (Bytef *)input;
  stream->avail_in = (uInt)length;
  stream->next_out = output;
  stream->avail_out = (uInt)capacity;
  if (deflate(stream, Z_SYNC_FLUSH) != Z_OK || stream->avail_in != 0 || stream->avail_out == 0) return -1;
  return (ptrdiff_t)(capacity - stream->avail_out);
}

ptrdiff_t codec_deflate_chunk(codec_deflater *deflater, const uint8_t *dictionary, size_t dictionary_length,
                              const uint8_t *input, size_t length, uint8_t *output, size_t capacity) {
  if (length > INT_MAX || capacity > INT_MAX || dictionary_length > CODEC_DEFLATE_WINDOW) return -1;
  if (deflater->level >= FIRST_ZLIB_LEVEL) {
    return zlib_chunk(deflater, dictionary, dictionary_length, input, length, output, capacity);
  }
  return isal_chunk(deflater, dictionary, dictionary_length, input, length, output, capacity);
}

uint32_t codec_crc32(uint32_t crc, const uint8_t *bytes, size_t length) {
  return crc32_gzip_refl(crc, bytes, length);
}

uint32_t codec_crc32_combine(uint32_t first, uint32_t second, uint64_t second_length) {
  return (uint32_t)crc32_combine(first, second, (z_off_t)second_length);
}
