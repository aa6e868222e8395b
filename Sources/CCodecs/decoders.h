#ifndef IMGSET_DECODERS_H
#define IMGSET_DECODERS_H

#include "codec_decoder.h"

// What is left of the caller's input and room; a step moves all four.
typedef struct codec_buffers {
  const uint8_t *input;
  size_t input_length;
  uint8_t *output;
  size_t output_length;
  int input_ended;
} codec_buffers;

void *gzip_decoder_create(void);
void gzip_decoder_free(void *state);
codec_status gzip_decoder_step(void *state, codec_buffers *buffers);

void *zstd_decoder_create(uint64_t memory_limit);
void zstd_decoder_free(void *state);
codec_status zstd_decoder_step(void *state, codec_buffers *buffers);

void *xz_decoder_create(uint64_t memory_limit);
void xz_decoder_free(void *state);
codec_status xz_decoder_step(void *state, codec_buffers *buffers);

void *bzip2_decoder_create(void);
void bzip2_decoder_free(void *state);
codec_status bzip2_decoder_step(void *state, codec_buffers *buffers);

#endif
