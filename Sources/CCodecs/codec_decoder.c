#include "codec_decoder.h"

#include "decoders.h"

#include <stdlib.h>

struct codec_decoder {
  codec_format format;
  void *state;
};

codec_decoder *codec_decoder_create(codec_format format, uint64_t memory_limit) {
  codec_decoder *decoder = calloc(1, sizeof *decoder);
  if (decoder == NULL) return NULL;
  decoder->format = format;
  switch (format) {
  case CODEC_FORMAT_GZIP: decoder->state = gzip_decoder_create(); break;
  case CODEC_FORMAT_ZSTD: decoder->state = zstd_decoder_create(memory_limit); break;
  case CODEC_FORMAT_XZ: decoder->state = xz_decoder_create(memory_limit); break;
  case CODEC_FORMAT_BZIP2: decoder->state = bzip2_decoder_create(); break;
  }
  if (decoder->state == NULL) {
    free(decoder);
    return NULL;
  }
  return decoder;
}

void codec_decoder_free(codec_decoder *decoder) {
  if (decoder == NULL) return;
  switch (decoder->format) {
  case CODEC_FORMAT_GZIP: gzip_decoder_free(decoder->state); break;
  case CODEC_FORMAT_ZSTD: zstd_decoder_free(decoder->state); break;
  case CODEC_FORMAT_XZ: xz_decoder_free(decoder->state); break;
  case CODEC_FORMAT_BZIP2: bzip2_decoder_free(decoder->state); break;
  }
  free(decoder);
}

codec_status codec_decoder_step(codec_decoder *decoder, const uint8_t **input, size_t *input_length,
                                uint8_t **output, size_t *output_length, int input_ended) {
  codec_buffers buffers = {*input, *input_length, *output, *output_length, input_ended};
  codec_status status = CODEC_STATUS_CORRUPT;
  switch (decoder->format) {
  case CODEC_FORMAT_GZIP: status = gzip_decoder_step(decoder->state, &buffers); break;
  case CODEC_FORMAT_ZSTD: status = zstd_decoder_step(decoder->state, &buffers); break;
  case CODEC_FORMAT_XZ: status = xz_decoder_step(decoder->state, &buffers); break;
  case CODEC_FORMAT_BZIP2: status = bzip2_decoder_step(decoder->state, &buffers); break;
  }
  *input = buffers.input;
  *input_length = buffers.input_length;
  *output = buffers.output;
  *output_length = buffers.output_length;
  return status;
}
