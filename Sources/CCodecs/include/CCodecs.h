#ifndef IMGSET_CCODECS_H
#define IMGSET_CCODECS_H

#include "codec_decoder.h"
#include "codec_deflate.h"
#include "codec_zstd.h"

#endif
