#include "decoders.h"

#include <stdlib.h>
#include <zstd.h>

typedef struct zstd_decoder {
  ZSTD_DCtx *context;
  int inside;
  int frames;
} zstd_decoder;

void *zstd_decoder_create(uint64_t memory_limit) {
  zstd_decoder *decoder = calloc(1, sizeof *decoder);
  if (decoder == NULL) return NULL;
  decoder->context = ZSTD_createDCtx();
  int window_log = 10;
  while (window_log < 31 && ((uint64_t)1 << (window_log + 1)) <= memory_limit) window_log += 1;
  if (decoder->context == NULL
      || ZSTD_isError(ZSTD_DCtx_setParameter(decoder->context, ZSTD_d_windowLogMax, window_log))) {
    zstd_decoder_free(decoder);
    return NULL;
  }
  return decoder;
}

void zstd_decoder_free(void *state) {
  zstd_decoder *decoder = state;
  if (decoder == NULL) return;
  ZSTD_freeDCtx(decoder->context);
  free(decoder);
}

codec_status zstd_decoder_step(void *state, codec_buffers *buffers) {
  zstd_decoder *decoder = state;
  while (buffers->output_length > 0) {
    if (buffers->input_length == 0 && !decoder->inside) {
      if (!buffers->input_ended) return CODEC_STATUS_MORE;
      return decoder->frames > 0 ? CODEC_STATUS_END : CODEC_STATUS_TRUNCATED;
    }
    ZSTD_inBuffer source = {buffers->input, buffers->input_length, 0};
    ZSTD_outBuffer sink = {buffers->output, buffers->output_length, 0};
    size_t result = ZSTD_decompressStream(decoder->context, &sink, &source);
    buffers->input += source.pos;
    buffers->input_length -= source.pos;
    buffers->output += sink.pos;
    buffers->output_length -= sink.pos;
    if (ZSTD_isError(result)) return CODEC_STATUS_CORRUPT;
    decoder->inside = result != 0;
    decoder->frames += result == 0;
    if (source.pos == 0 && sink.pos == 0 && decoder->inside) {
      return buffers->input_ended ? CODEC_STATUS_TRUNCATED : CODEC_STATUS_MORE;
    }
  }
  return CODEC_STATUS_MORE;
}
