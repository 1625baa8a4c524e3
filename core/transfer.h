/* The transfer library (libcurl), loaded at its first use. */
#ifndef CORE_TRANSFER_H
#define CORE_TRANSFER_H

#include "core/transfer/library.h"

/* NULL with ERROR_CONFIG if it cannot be loaded. */
const TransferLibrary *transfer_open(void);

#endif
