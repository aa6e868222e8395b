#include "decoders.h"

#include <isa-l.h>
#include <stdlib.h>

#define MAX_STEP ((size_t)1 << 30)

typedef enum position {
  // Before the first byte of a member.
  BETWEEN,
  INSIDE,
  // After the first zero byte behind the last member: tape padding, only zeros may follow.
  PADDING,
} position;

typedef struct gzip_decoder {
  position position;
  int members;
  struct inflate_state inflate;
} gzip_decoder;

void *gzip_decoder_create(void) { return calloc(1, sizeof(gzip_decoder)); }

void gzip_decoder_free(void *state) { free(state); }

static void begin_member(gzip_decoder *decoder) {
  isal_inflate_init(&decoder->inflate);
  decoder->inflate.crc_flag = ISAL_GZIP;
  decoder->position = INSIDE;
}

static codec_status inflate_member(gzip_decoder *decoder, codec_buffers *buffers) {
  struct inflate_state *inflate = &decoder->inflate;
  size_t input_length = buffers->input_length < MAX_STEP ? buffers->input_length : MAX_STEP;
  size_t output_length = buffers->output_length < MAX_STEP ? buffers->output_length : MAX_STEP;
  inflate->next_in = (uint8_t *)buffers->input;
  inflate->avail_in = (uint32_t)input_length;
  inflate->next_out = buffers->output;
  inflate->avail_out = (uint32_t)output_length;
  int result = isal_inflate(inflate);
  size_t consumed = input_length - inflate->avail_in;
  size_t produced = output_length - inflate->avail_out;
  buffers->input += consumed;
  buffers->input_length -= consumed;
  buffers->output += produced;
  buffers->output_length -= produced;
  if (result < 0) return CODEC_STATUS_CORRUPT;
  if (inflate->block_state == ISAL_BLOCK_FINISH) {
    decoder->position = BETWEEN;
    decoder->members += 1;
    return CODEC_STATUS_MORE;
  }
  if (buffers->input_ended && buffers->input_length == 0 && consumed == 0 && produced == 0
      && buffers->output_length > 0) {
    return CODEC_STATUS_TRUNCATED;
  }
  return CODEC_STATUS_MORE;
}

codec_status gzip_decoder_step(void *state, codec_buffers *buffers) {
  gzip_decoder *decoder = state;
  for (;;) {
    if (decoder->position == INSIDE) {
      codec_status status = inflate_member(decoder, buffers);
      if (status != CODEC_STATUS_MORE || decoder->position == INSIDE) return status;
    }
    if (buffers->input_length == 0) {
      if (!buffers->input_ended) return CODEC_STATUS_MORE;
      return decoder->members > 0 ? CODEC_STATUS_END : CODEC_STATUS_TRUNCATED;
    }
    if (decoder->position == BETWEEN && *buffers->input != 0) {
      begin_member(decoder);
      continue;
    }
    if (*buffers->input != 0 || decoder->members == 0) return CODEC_STATUS_CORRUPT;
    decoder->position = PADDING;
    buffers->input += 1;
    buffers->input_length -= 1;
  }
}
