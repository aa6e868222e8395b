#include "decoders.h"

#include <bzlib.h>
#include <stdlib.h>

#define MAX_STEP ((size_t)1 << 30)

typedef struct bzip2_decoder {
  bz_stream stream;
  int inside;
  int streams;
} bzip2_decoder;

void *bzip2_decoder_create(void) { return calloc(1, sizeof(bzip2_decoder)); }

void bzip2_decoder_free(void *state) {
  bzip2_decoder *decoder = state;
  if (decoder == NULL) return;
  if (decoder->inside) BZ2_bzDecompressEnd(&decoder->stream);
  free(decoder);
}

static int decompress(bzip2_decoder *decoder, codec_buffers *buffers) {
  size_t input_length = buffers->input_length < MAX_STEP ? buffers->input_length : MAX_STEP;
  size_t output_length = buffers->output_length < MAX_STEP ? buffers->output_length : MAX_STEP;
  decoder->stream.next_in = (char *)buffers->input;
  decoder->stream.avail_in = (unsigned)input_length;
  decoder->stream.next_out = (char *)buffers->output;
  decoder->stream.avail_out = (unsigned)output_length;
  int result = BZ2_bzDecompress(&decoder->stream);
  size_t consumed = input_length - decoder->stream.avail_in;
  size_t produced = output_length - decoder->stream.avail_out;
  buffers->input += consumed;
  buffers->input_length -= consumed;
  buffers->output += produced;
  buffers->output_length -= produced;
  if (result == BZ_OK && consumed == 0 && produced == 0) return BZ_UNEXPECTED_EOF;
  return result;
}

codec_status bzip2_decoder_step(void *state, codec_buffers *buffers) {
  bzip2_decoder *decoder = state;
  while (buffers->output_length > 0) {
    if (!decoder->inside) {
      if (buffers->input_length == 0) {
        if (!buffers->input_ended) return CODEC_STATUS_MORE;
        return decoder->streams > 0 ? CODEC_STATUS_END : CODEC_STATUS_TRUNCATED;
      }
      decoder->stream = (bz_stream){0};
      if (BZ2_bzDecompressInit(&decoder->stream, 0, 0) != BZ_OK) return CODEC_STATUS_NO_MEMORY;
      decoder->inside = 1;
    }
    int result = decompress(decoder, buffers);
    if (result == BZ_STREAM_END) {
      BZ2_bzDecompressEnd(&decoder->stream);
      decoder->inside = 0;
      decoder->streams += 1;
    } else if (result == BZ_UNEXPECTED_EOF) {
      return buffers->input_ended ? CODEC_STATUS_TRUNCATED : CODEC_STATUS_MORE;
    } else if (result != BZ_OK) {
      return result == BZ_MEM_ERROR ? CODEC_STATUS_NO_MEMORY : CODEC_STATUS_CORRUPT;
    }
  }
  return CODEC_STATUS_MORE;
}
