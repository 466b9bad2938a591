// Zstandard for Swift.
#ifndef PLC_CZSTD_SHIMS_H
#define PLC_CZSTD_SHIMS_H
#include <zstd.h>
#include <zstd_errors.h>
#endif
