#ifndef IMGSET_CODEC_DECODER_H
#define IMGSET_CODEC_DECODER_H

#include <stddef.h>
#include <stdint.h>

/// A compressed format that can be read.
typedef enum codec_format {
  CODEC_FORMAT_GZIP = 1,
  CODEC_FORMAT_ZSTD = 2,
  CODEC_FORMAT_XZ = 3,
  CODEC_FORMAT_BZIP2 = 4,
} codec_format;

/// What a step of a decoder came to; negative values are final.
typedef enum codec_status {
  /// More input or more room is needed.
  CODEC_STATUS_MORE = 0,
  /// All input was said to be there, was used up and ended where a member (frame, stream) ends.
  CODEC_STATUS_END = 1,
  CODEC_STATUS_CORRUPT = -1,
  CODEC_STATUS_TRUNCATED = -2,
  CODEC_STATUS_NO_MEMORY = -3,
} codec_status;

/// A streaming decompressor; concatenated members are one stream, as with gzip(1), zstd(1), xz(1) and bzip2(1).
typedef struct codec_decoder codec_decoder;

/// `memory_limit` bounds the window that the data may ask for, in bytes. Returns NULL when memory is short.
codec_decoder *codec_decoder_create(codec_format format, uint64_t memory_limit);

void codec_decoder_free(codec_decoder *decoder);

/// Consumes input and produces output, moving both pointers and lengths. `input_ended` says that no input follows.
codec_status codec_decoder_step(codec_decoder *decoder, const uint8_t **input, size_t *input_length,
                                uint8_t **output, size_t *output_length, int input_ended);

#endif
