#ifndef IMGSET_CODEC_ZSTD_H
#define IMGSET_CODEC_ZSTD_H

#include <stddef.h>
#include <stdint.h>

/// Writes one zstd frame (RFC 8878) with a content checksum.
typedef struct codec_zstd_encoder codec_zstd_encoder;

/// Uses `workers` threads of libzstd's own, at least one, over jobs of a fixed size: the bytes do not depend on their
/// number. Returns NULL when the level is unknown or memory is short.
codec_zstd_encoder *codec_zstd_encoder_create(int level, int workers);

void codec_zstd_encoder_free(codec_zstd_encoder *encoder);

/// Consumes input and produces output, moving both pointers and lengths. With `end` set, call until it returns 1:
/// the frame is complete. Returns 0 when there is more to do, -1 for an error.
int codec_zstd_encoder_step(codec_zstd_encoder *encoder, const uint8_t **input, size_t *input_length,
                            uint8_t **output, size_t *output_length, int end);

#endif
