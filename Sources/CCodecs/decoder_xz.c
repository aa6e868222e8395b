#include "decoders.h"

#include <lzma.h>
#include <stdlib.h>

void *xz_decoder_create(uint64_t memory_limit) {
  lzma_stream *stream = calloc(1, sizeof *stream);
  if (stream == NULL) return NULL;
  if (lzma_stream_decoder(stream, memory_limit, LZMA_CONCATENATED) != LZMA_OK) {
    free(stream);
    return NULL;
  }
  return stream;
}

void xz_decoder_free(void *state) {
  if (state == NULL) return;
  lzma_end(state);
  free(state);
}

codec_status xz_decoder_step(void *state, codec_buffers *buffers) {
  lzma_stream *stream = state;
  stream->next_in = buffers->input;
  stream->avail_in = buffers->input_length;
  stream->next_out = buffers->output;
  stream->avail_out = buffers->output_length;
  lzma_ret result = lzma_code(stream, buffers->input_ended ? LZMA_FINISH : LZMA_RUN);
  buffers->input = stream->next_in;
  buffers->input_length = stream->avail_in;
  buffers->output = stream->next_out;
  buffers->output_length = stream->avail_out;
  switch (result) {
  case LZMA_OK: return CODEC_STATUS_MORE;
  case LZMA_STREAM_END: return CODEC_STATUS_END;
  case LZMA_MEM_ERROR:
  case LZMA_MEMLIMIT_ERROR: return CODEC_STATUS_NO_MEMORY;
  case LZMA_BUF_ERROR:
    // No progress was possible: with room left and no input to come the data ends too early.
    return buffers->input_ended && buffers->output_length > 0 ? CODEC_STATUS_TRUNCATED : CODEC_STATUS_MORE;
  default: return CODEC_STATUS_CORRUPT;
  }
}
