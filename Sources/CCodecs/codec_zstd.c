#include "codec_zstd.h"

#include <stdlib.h>
#include <zstd.h>

// Fixed, because the place where one job ends and the next begins shows in the output.
#define JOB_SIZE (2 << 20)

struct codec_zstd_encoder {
  ZSTD_CCtx *context;
};

codec_zstd_encoder *codec_zstd_encoder_create(int level, int workers) {
  if (level < 1 || level > ZSTD_maxCLevel()) return NULL;
  codec_zstd_encoder *encoder = calloc(1, sizeof *encoder);
  if (encoder == NULL) return NULL;
  encoder->context = ZSTD_createCCtx();
  if (encoder->context == NULL) {
    free(encoder);
    return NULL;
  }
  size_t failed = ZSTD_isError(ZSTD_CCtx_setParameter(encoder->context, ZSTD_c_compressionLevel, level))
      || ZSTD_isError(ZSTD_CCtx_setParameter(encoder->context, ZSTD_c_checksumFlag, 1))
      || ZSTD_isError(ZSTD_CCtx_setParameter(encoder->context, ZSTD_c_nbWorkers, workers < 1 ? 1 : workers))
      || ZSTD_isError(ZSTD_CCtx_setParameter(encoder->context, ZSTD_c_jobSize, JOB_SIZE));
  if (failed) {
    codec_zstd_encoder_free(encoder);
    return NULL;
  }
  return encoder;
}

void codec_zstd_encoder_free(codec_zstd_encoder *encoder) {
  if (encoder == NULL) return;
  ZSTD_freeCCtx(encoder->context);
  free(encoder);
}

int codec_zstd_encoder_step(codec_zstd_encoder *encoder, const uint8_t **input, size_t *input_length,
                            uint8_t **output, size_t *output_length, int end) {
  ZSTD_inBuffer source = {*input, *input_length, 0};
  ZSTD_outBuffer sink = {*output, *output_length, 0};
  size_t left = ZSTD_compressStream2(encoder->context, &sink, &source, end ? ZSTD_e_end : ZSTD_e_continue);
  *input += source.pos;
  *input_length -= source.pos;
  *output += sink.pos;
  *output_length -= sink.pos;
  if (ZSTD_isError(left)) return -1;
  return end && left == 0 ? 1 : 0;
}
